"""The download of the four files of a data set in MNIST's format."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from runner.data.errors import DataError, DataNotFound

_TIMEOUT = 20  # seconds without an answer


def download(name: str, folder: Path, url: str, checksums: Mapping[str, str]) -> list[Path]:
    """Fetch the files into a temporary directory, and put them in place once all have the right checksum.

    Args:
        url: the directory of the files there.
        checksums: of each file, under its name without .gz: "sha256:..." or "md5:...".

    Raises:
        DataError: if what comes is something else.
        DataNotFound: if nothing comes.
    """
    import pooch
    import requests

    fetch = pooch.HTTPDownloader(timeout=_TIMEOUT)
    new = [directory for directory in (folder, folder.parent) if not directory.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".download-", dir=folder) as temporary:
            for stem, checksum in checksums.items():
                address = f"{url.rstrip('/')}/{stem}.gz"
                file = pooch.retrieve(address, checksum, f"{stem}.gz", temporary, downloader=fetch)
                Path(file).chmod(0o644)  # for all users of a shared directory
            return [(Path(temporary) / f"{stem}.gz").replace(folder / f"{stem}.gz") for stem in checksums]
    except (requests.RequestException, OSError) as error:
        with suppress(OSError):  # one that holds a file already stays
            for directory in new:
                directory.rmdir()
        raise DataNotFound(
            f"{name} is not in {folder} and cannot be downloaded from {url} ({type(error).__name__}). "
            f"Put its four IDX files, or {name}.npz, into {folder}{os.sep}, or name their directory: "
            "RUNNER_DATA_DIR=... or dataset.root=..."
        ) from error
    except ValueError as error:  # pooch's word for a wrong checksum
        raise DataError(f"{url}: what was downloaded is not {name}: {str(error).splitlines()[0]}") from error
