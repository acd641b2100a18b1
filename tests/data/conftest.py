"""A small data set in MNIST's own format, and a server for downloads."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import numpy as np
import pytest

from tests.published import idx_bytes

Arrays = dict[str, np.ndarray]


@pytest.fixture
def arrays() -> Arrays:
    generator = np.random.default_rng(3)
    return {
        "train-images-idx3-ubyte": generator.integers(0, 256, (30, 5, 4)).astype(np.uint8),
        "train-labels-idx1-ubyte": generator.integers(0, 10, 30).astype(np.uint8),
        "t10k-images-idx3-ubyte": generator.integers(0, 256, (12, 5, 4)).astype(np.uint8),
        "t10k-labels-idx1-ubyte": generator.integers(0, 10, 12).astype(np.uint8),
    }


@pytest.fixture
def write_idx(arrays) -> Callable[..., Path]:
    """write_idx(directory, compress=True) -> the directory, with the four files in it."""

    def write(directory: Path, compress: bool = True) -> Path:
        directory.mkdir(parents=True, exist_ok=True)
        for stem, array in arrays.items():
            if compress:
                (directory / f"{stem}.gz").write_bytes(gzip.compress(idx_bytes(array)))
            else:
                (directory / stem).write_bytes(idx_bytes(array))
        return directory

    return write


class Handler(SimpleHTTPRequestHandler):
    requests: ClassVar[list[str]]
    cut: str | None = None  # prefix of paths with incomplete responses

    def do_GET(self):
        self.requests.append(self.path)
        if self.cut and self.path.startswith(self.cut):
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"half of it")
            self.close_connection = True
        else:
            super().do_GET()

    def log_message(self, *arguments):
        pass


@contextmanager
def serving(folder: Path) -> Iterator[ThreadingHTTPServer]:
    class Recording(Handler):
        requests: ClassVar[list[str]] = []

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Recording, directory=str(folder))) as running:
        thread = Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.handler = Recording
        running.url = f"http://127.0.0.1:{running.server_port}/"
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def serve(monkeypatch) -> Iterator[Callable[[Path], ThreadingHTTPServer]]:
    """serve(folder) -> a server of its files on this machine: its `url`, and the `handler` that records requests."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ExitStack() as stack:
        yield lambda folder: stack.enter_context(serving(folder))
