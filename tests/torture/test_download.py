"""Servers that send too much, too little, too slowly or the wrong data: the download ends and leaves no file."""

import gzip
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from runner.core.errors import UserError
from runner.data.mnist import load_mnist
from runner.data.storage import download
from runner.data.storage.time_limit import within
from tests.published import idx_bytes
from tests.torture.datasets import ARRAYS, STEMS

LARGEST = 2**20  # limit of a file in bytes, in these tests
LONGEST = 1.0  # time limit in seconds
BUSY = 20  # additional seconds, if other programs run at the same time
FILES = {f"{stem}.gz": gzip.compress(idx_bytes(array)) for stem, array in zip(STEMS, ARRAYS.values(), strict=True)}
CHECKSUMS = {stem: f"sha256:{hashlib.sha256(FILES[f'{stem}.gz']).hexdigest()}" for stem in STEMS}

pytestmark = pytest.mark.promise(
    "A download that is not the expected file ends with a one-line message and leaves nothing behind"
)


class Handler(BaseHTTPRequestHandler):
    answer: Callable[["Handler"], None]
    over: Event  # set at the end of the test
    sent = 0

    def do_GET(self):
        with suppress(OSError):  # the program has closed the connection
            type(self).answer(self)
        self.close_connection = True

    def begin(self, status: int = 200, **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def send(self, content: bytes) -> None:
        self.wfile.write(content)
        type(self).sent += len(content)

    def log_message(self, *arguments):
        pass


def sound(handler: Handler) -> None:
    handler.begin()
    handler.send(FILES[Path(handler.path).name])


def elsewhere(handler: Handler) -> None:
    if handler.path.startswith("/moved"):
        sound(handler)
    else:
        handler.begin(302, Location=f"/moved{handler.path}")


def endless(handler: Handler) -> None:
    handler.begin()
    while not handler.over.is_set():
        handler.send(bytes(2**16))


def endless_as_declared(handler: Handler) -> None:
    handler.begin(Content_Length=10**13)
    while not handler.over.is_set():
        handler.send(bytes(2**16))


def bomb(handler: Handler) -> None:
    """4 GB, compressed to 4 MB by the answer's encoding."""
    handler.begin(Content_Encoding="gzip")
    packed = gzip.compress(bytes(2**26))
    for _ in range(64):
        handler.send(packed)


def slow(handler: Handler) -> None:
    handler.begin()
    while not handler.over.wait(0.05):
        handler.send(b"!")


def slow_from_the_first_line(handler: Handler) -> None:
    handler.send(b"HTTP/1.1 200 OK\r\nServer: ")
    while not handler.over.wait(0.05):
        handler.send(b"!")


def silent(handler: Handler) -> None:
    handler.over.wait()


def cut(handler: Handler) -> None:
    content = FILES[Path(handler.path).name]
    handler.begin(Content_Length=len(content))
    handler.send(content[:-10])


def cut_without_a_length(handler: Handler) -> None:
    handler.begin()
    handler.send(FILES[Path(handler.path).name][:-10])


def sign_in(handler: Handler) -> None:
    handler.begin(Content_Type="text/html")
    handler.send(b"<html>Please sign in</html>")


def another_file(handler: Handler) -> None:
    handler.begin()
    handler.send(FILES["t10k-images-idx3-ubyte.gz"])


def redirecting(address: str) -> Callable[[Handler], None]:
    return lambda handler: handler.begin(302, Location=address)


ANSWERS: dict[str, tuple[Callable[[Handler], None], str]] = {
    "endless": (endless, "the downloaded file is not mnist: .*larger than"),
    "endless, as declared": (endless_as_declared, "the downloaded file is not mnist: .*larger than"),
    "a bomb": (bomb, "the downloaded file is not mnist: .*larger than"),
    "a byte now and then": (slow, r"cannot be downloaded .*\(TimeoutError\)"),
    "a header without an end": (slow_from_the_first_line, r"cannot be downloaded .*\(TimeoutError\)"),
    "silence": (silent, r"cannot be downloaded .*\(TimeoutError\)"),
    "too short": (cut, "cannot be downloaded"),
    "too short, without a length": (cut_without_a_length, "the downloaded file is not mnist: SHA256 hash"),
    "a page to sign in": (sign_in, "the downloaded file is not mnist: SHA256 hash"),
    "another file": (another_file, "the downloaded file is not mnist: SHA256 hash"),
    "nothing": (lambda handler: handler.begin(), "the downloaded file is not mnist: SHA256 hash"),
    "no HTTP": (lambda handler: handler.send(b"\x1f\x8b" * 99), "cannot be downloaded"),
    "hanging up": (lambda handler: None, "cannot be downloaded"),
    "an error": (lambda handler: handler.begin(500), r"cannot be downloaded .*\(HTTPError\)"),
    "a way to local files": (redirecting("file:///etc/passwd"), r"cannot be downloaded .*\(InvalidSchema\)"),
    "a way to another protocol": (redirecting("ftp://127.0.0.1/x"), r"cannot be downloaded .*\(InvalidSchema\)"),
    "a way in circles": (redirecting("/again"), r"cannot be downloaded .*\(TooManyRedirects\)"),
    "a way to nowhere": (redirecting("http://127.0.0.1:9/"), r"cannot be downloaded .*\(ConnectionError\)"),
    "no address": (redirecting("http://["), "the downloaded file is not mnist: Invalid"),
}


@pytest.fixture
def serve(monkeypatch) -> Iterator[Callable[..., type[Handler]]]:
    """serve(answer) -> the handler; load(folder) downloads from its address."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(download, "_LARGEST", LARGEST)
    monkeypatch.setattr(download, "within", lambda _, *work, **keywords: within(LONGEST, *work, **keywords))

    class Answering(Handler):
        over = Event()

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()

        def start(answer: Callable[[Handler], None]) -> type[Handler]:
            Answering.answer = staticmethod(answer)
            Answering.url = f"http://127.0.0.1:{server.server_port}/"
            return Answering

        yield start
        Answering.over.set()
        server.shutdown()
        thread.join()


def load(handler: type[Handler], root: Path):
    return load_mnist("mnist", str(root), handler.url, None, CHECKSUMS)


@pytest.mark.parametrize("answer", [sound, elsewhere], ids=["here", "by another way"])
def test_what_is_sound_arrives(answer, serve, tmp_path):
    dataset = load(serve(answer), tmp_path)
    assert (dataset.train_inputs[..., 0] == ARRAYS["x_train"]).all()
    assert {path.name for path in (tmp_path / "mnist").iterdir()} == set(FILES)


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_is_not_the_file_ends_in_one_line_and_leaves_nothing(name, serve, measured, tmp_path):
    answer, said = ANSWERS[name]
    handler = serve(answer)
    started = time.monotonic()
    with pytest.raises(UserError, match=said) as caught:
        load(handler, tmp_path)
    assert time.monotonic() - started < LONGEST + BUSY
    assert handler.url in str(caught.value)
    assert "\n" not in str(caught.value)
    assert handler.sent < 20 * LARGEST  # including the content of the sockets' buffers
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    measured("an unexpected response is rejected")
