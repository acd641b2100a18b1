"""Directories of data sets: the data directory, and the folders in it that may contain a data set."""

from collections.abc import Iterator
from pathlib import Path

from platformdirs import user_cache_path

from runner.core.errors import ConfigError
from runner.core.paths import user_path
from runner.data.dataset import DataError


def data_directory(name: str, root: str | None) -> Path:
    """Return the directory for reading and downloading data.

    Raises:
        ConfigError: if `root` is empty.
        DataError: if it does not exist.
    """
    if root is None:
        return user_cache_path("runner")
    if not root.strip():
        raise ConfigError(
            "dataset.root='': must name a directory (is RUNNER_DATA_DIR empty? unset it, or set it to a directory)"
        )
    directory = user_path(root)
    if not directory.is_dir():
        # The directory is never created: its name may contain a typo, or the disk may not be mounted.
        raise DataError(
            f"dataset.root={root}: no such directory (RUNNER_DATA_DIR sets it unless the command does); correct "
            f"the path, or create the directory; {name} will then be downloaded into it"
        )
    return directory


def folders_of(name: str, directory: Path) -> Iterator[Path]:
    """Yield the folders that may contain a data set: its own, in any case (such as MNIST/raw), and the root."""
    yield directory / name
    spelled = name.replace("_", "").casefold()
    there = sorted(directory.iterdir()) if directory.is_dir() else []
    for folder in there:
        if folder.name.replace("_", "").replace("-", "").casefold() == spelled and folder.is_dir():
            yield from (folder, folder / "raw")
    yield directory
