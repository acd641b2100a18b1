"""Published archives of data sets: found on disk or downloaded, and verified before they are read."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from runner.data.checks import unreadable
from runner.data.dataset import DataError
from runner.data.storage.directories import data_directory, folders_of

_LONGEST = 3600.0  # seconds for an archive of hundreds of megabytes


def find_archive(
    name: str, root: str | None, url: str, checksums: Mapping[str, str], copies: Iterable[tuple[Path, str]] = ()
) -> Path:
    """Return the path of an archive that has its published checksum, downloading it first if necessary.

    Args:
        name: name of the data set; also the folder below `root` that is searched before `root` itself.
        root: the data directory, which must exist; None: the user's cache directory.
        url: remote directory of the archive.
        checksums: "sha256:..." or "md5:...", by file name; each file contains the whole data set, and the first one is
            downloaded.
        copies: additional directories, such as another program's cache, each with the name of the file to look for.

    Raises:
        ConfigError: if `root` is empty.
        DataError: if `root` does not exist, or an archive is not the published one.
        DataNotFound: if there is no archive and it could not be downloaded.
    """
    directory = data_directory(name, root)
    own = ((folder / file, file) for folder in folders_of(name, directory) for file in checksums)
    for path, file in (*own, *copies):
        if path.is_file():
            return _verified(name, path, checksums[file])

    from runner.data.storage.download import download  # imports network libraries, which a run seldom needs

    first = dict([next(iter(checksums.items()))])
    (path,) = download(name, directory / name, url, first, " or ".join(checksums), longest=_LONGEST)
    return path


def _verified(name: str, path: Path, checksum: str) -> Path:
    kind, _, expected = checksum.partition(":")
    with unreadable(path), path.open("rb") as file:
        found = hashlib.file_digest(file, kind).hexdigest()
    if found != expected:
        raise DataError(
            f"{path}: not the published archive of {name}: its {kind} checksum is {found}, not {expected}. "
            "Is the download incomplete? Remove it to download it again"
        )
    return path
