"""Verified download of the published files of a data set."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pooch
import requests

from runner.core.errors import machine_faults
from runner.data.dataset import DataError, DataNotFound
from runner.data.storage.time_limit import LONGEST, within

_TIMEOUT = 20  # seconds to wait for a response
_LARGEST = 2**30  # bytes of a file; EMNIST's archive has 562 million
_AT_ONCE = 2**16


def download(
    name: str, folder: Path, url: str, checksums: Mapping[str, str], wanted: str, longest: float = LONGEST
) -> list[Path]:
    """Fetch files into a temporary directory, and move them into place once all checksums match.

    Args:
        url: the remote directory.
        checksums: "sha256:..." or "md5:...", by file name.
        wanted: the files that can be put into the folder by hand, for messages.
        longest: time limit for a file in seconds.

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
                for file, checksum in checksums.items():
                    address = f"{url.rstrip('/')}/{file}"
                    path = within(longest, pooch.retrieve, address, checksum, file, temporary, downloader=_fetch)
                    Path(path).chmod(0o644)  # for all users of a shared directory
                return [(Path(temporary) / file).replace(folder / file) for file in checksums]
    except (requests.RequestException, OSError) as error:
        with suppress(OSError):  # a directory stays if it already contains a file
            for directory in new:
                directory.rmdir()
        raise DataNotFound(
            f"{name} is not in {folder} and cannot be downloaded from {url} ({type(error).__name__}). "
            f"Put {wanted} into {folder}{os.sep}, or set their directory: RUNNER_DATA_DIR=... or dataset.root=..."
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
