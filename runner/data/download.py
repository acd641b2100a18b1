"""Verified download of a data set in MNIST's format."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TypeVar

import pooch
import requests

from runner.core.errors import machine_faults
from runner.data.dataset import DataError, DataNotFound

_TIMEOUT = 20  # seconds without an answer
_LONGEST = 600.0  # seconds for a file, even if data keep trickling in
_LARGEST = 2**30  # bytes for a file; MNIST's largest has 10 million
_AT_ONCE = 2**16

Result = TypeVar("Result")


def download(name: str, folder: Path, url: str, checksums: Mapping[str, str]) -> list[Path]:
    """Fetch the four files into a temporary directory, and move them in place once all checksums match.

    Args:
        url: the remote directory.
        checksums: by file name without .gz: "sha256:..." or "md5:...".

    Raises:
        DataError: if a downloaded file is not the expected one.
        DataNotFound: if the download fails.
        EnvironmentFault: if the files cannot be written.
    """
    new = [directory for directory in (folder, folder.parent) if not directory.exists()]
    try:
        with machine_faults():
            folder.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(prefix=".download-", dir=folder) as temporary:
                for stem, checksum in checksums.items():
                    address = f"{url.rstrip('/')}/{stem}.gz"
                    file = _within(
                        _LONGEST, pooch.retrieve, address, checksum, f"{stem}.gz", temporary, downloader=_fetch
                    )
                    Path(file).chmod(0o644)  # for all users of a shared directory
                return [(Path(temporary) / f"{stem}.gz").replace(folder / f"{stem}.gz") for stem in checksums]
    except (requests.RequestException, OSError) as error:
        with suppress(OSError):  # stays if it already holds a file
            for directory in new:
                directory.rmdir()
        raise DataNotFound(
            f"{name} is not in {folder} and cannot be downloaded from {url} ({type(error).__name__}). "
            f"Put its four IDX files, or {name}.npz, into {folder}{os.sep}, or name their directory: "
            "RUNNER_DATA_DIR=... or dataset.root=..."
        ) from error
    except ValueError as error:  # from pooch for a wrong checksum, or from _fetch
        raise DataError(f"{url}: the downloaded file is not {name}: {str(error).splitlines()[0]}") from error


def _fetch(url: str, output_file: str, _pooch: object) -> None:
    """Write a response into a file, as pooch's downloader does, but with a size limit."""
    with requests.get(url, timeout=_TIMEOUT, stream=True) as response, Path(output_file).open("wb") as file:
        response.raise_for_status()
        for piece in response.iter_content(_AT_ONCE):
            file.write(piece)
            if file.tell() > _LARGEST:
                raise ValueError(f"it is larger than {_LARGEST:,} bytes")


def _within(seconds: float, function: Callable[..., Result], *arguments: object, **keywords: object) -> Result:
    """Run a function in a thread, which is abandoned after a time limit.

    Raises:
        TimeoutError: after the limit. A socket timeout would restart at each byte.
    """
    future: Future[Result] = Future()

    def work() -> None:
        try:
            future.set_result(function(*arguments, **keywords))
        except BaseException as error:
            future.set_exception(error)

    Thread(target=work, daemon=True).start()
    return future.result(seconds)
