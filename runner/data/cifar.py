"""CIFAR-10 and CIFAR-100: colour images of 32x32 pixels, in one archive of either binary files or Python pickles."""

import io
import os
import pickle
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from runner.core.paths import user_path
from runner.core.text import shortened
from runner.data.checks import Array, checked_dataset, checked_inputs, checked_labels, refuse_large, unreadable
from runner.data.dataset import DataError, Dataset, Part
from runner.data.storage.archives import find_archive

_PLANES = (3, 32, 32)  # shape of an image: all red values, then all green, then all blue, each row by row
_PIXELS = 3 * 32 * 32
_MEMORY_LIMIT_GB = 1.0  # limit for the content of an archive; CIFAR's has 0.19 GB

# Names of the archives of pickles in Keras's cache: the current one and an earlier one.
_IN_KERAS_CACHE = {
    "cifar-10-python.tar.gz": ("cifar-10-batches-py-target_archive", "cifar-10-batches-py.tar.gz"),
    "cifar-100-python.tar.gz": ("cifar-100-python-target_archive", "cifar-100-python.tar.gz"),
}
# All that a pickled array needs; NumPy 2 renamed the module.
_OF_ARRAYS = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
}


@dataclass(frozen=True)
class Layout:
    """Names of the files in an archive (for a binary one, without .bin), and of the keys in a pickle."""

    train: tuple[str, ...]
    test: str
    labels: str
    names: tuple[str, str]  # file and key of the class names
    binary_names: str  # file of the class names in the binary archive
    label_bytes: int  # number of bytes before each image in a binary file; the last one is the label


_LAYOUTS = (
    Layout(
        train=tuple(f"data_batch_{number}" for number in range(1, 6)),
        test="test_batch",
        labels="labels",
        names=("batches.meta", "label_names"),
        binary_names="batches.meta.txt",
        label_bytes=1,
    ),
    Layout(
        train=("train",),
        test="test",
        labels="fine_labels",
        names=("meta", "fine_label_names"),
        binary_names="fine_label_names.txt",
        label_bytes=2,
    ),
)


def load_cifar(name: str, root: str | None, url: str, checksums: Mapping[str, str]) -> Dataset:
    """Load CIFAR-10, or CIFAR-100 with its 100 fine classes, from an archive in either format.

    An archive in Keras's cache is also read. Extracted files are not, because damage to them would go unnoticed.

    Args:
        name: name in reports; also the folder below `root` that is searched before `root` itself.
        root: the data directory, which must exist; None: the user's cache directory.
        url: remote directory of the archives.
        checksums: checksums of the archives (see `find_archive`).

    Raises:
        ConfigError: if `root` is empty.
        DataError: if `root` does not exist, or an archive is not the published one or cannot be read.
        DataNotFound: if there is no archive and it could not be downloaded.

    Source: Krizhevsky 2009, "Learning multiple layers of features from tiny images", and its page
        https://www.cs.toronto.edu/~kriz/cifar.html, which describes the formats.
    """
    path = find_archive(name, root, url, checksums, _copies_of_keras(checksums))
    files = _content(path)
    for layout in _LAYOUTS:
        for read, ending in ((_from_records, ".bin"), (_from_pickles, "")):
            if f"{layout.test}{ending}" in files:
                try:
                    train, test, names = read(files, layout)
                except Exception as error:  # pickle and the code using its content raise many types of exception
                    what = shortened(str(error)) or type(error).__name__
                    raise DataError(f"{path}: not in the format of CIFAR's archives ({what})") from error
                return checked_dataset(name, str(path), train, test, names)
    raise DataError(f"{path}: is not an archive of CIFAR-10 or CIFAR-100")


def _copies_of_keras(checksums: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    cache = user_path(os.environ.get("KERAS_HOME", "~/.keras")) / "datasets"
    return ((cache / copy, file) for file in checksums for copy in _IN_KERAS_CACHE.get(file, ()))


def _content(path: Path) -> dict[str, bytes]:
    """Return the content of an archive's files, by name without folders."""
    content: dict[str, bytes] = {}
    with unreadable(path), tarfile.open(path, "r:gz") as archive:
        for member in archive:
            if file := archive.extractfile(member):
                refuse_large(str(path), sum(map(len, content.values())) + member.size, _MEMORY_LIMIT_GB)
                content[PurePosixPath(member.name).name] = file.read()
    return content


def _from_records(files: Mapping[str, bytes], layout: Layout) -> tuple[Part, Part, list[str]]:
    def part(names: tuple[str, ...]) -> Part:
        content = b"".join(files[f"{name}.bin"] for name in names)
        records = np.frombuffer(content, np.uint8).reshape(-1, layout.label_bytes + _PIXELS)
        return _part(records[:, layout.label_bytes :], records[:, layout.label_bytes - 1])

    return part(layout.train), part((layout.test,)), files[layout.binary_names].decode().split()


def _from_pickles(files: Mapping[str, bytes], layout: Layout) -> tuple[Part, Part, list[str]]:
    def part(names: tuple[str, ...]) -> Part:
        batches = [_unpickled(files[name]) for name in names]
        labels = [label for batch in batches for label in batch[layout.labels.encode()]]
        return _part(np.concatenate([batch[b"data"] for batch in batches]), np.array(labels))

    file, key = layout.names
    names = [text.decode() for text in _unpickled(files[file])[key.encode()]]
    return part(layout.train), part((layout.test,)), names


def _part(pixels: Array, labels: Array) -> Part:
    images = checked_inputs("images", np.ascontiguousarray(pixels.reshape(-1, *_PLANES).transpose(0, 2, 3, 1)))
    if len(images) != len(labels):
        raise DataError(f"{len(images)} images, but {len(labels)} labels")
    return Part(images, checked_labels("labels", labels))


class _ArraysOnly(pickle.Unpickler):
    """An unpickler of built-in types and NumPy arrays, which can call nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """Return a class or function that a pickle asks for, if arrays need it."""
        if (module, name) not in _OF_ARRAYS:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return super().find_class(module, name)


def _unpickled(content: bytes) -> Any:
    return _ArraysOnly(io.BytesIO(content), encoding="bytes").load()  # Python 2 wrote CIFAR's pickles: text is bytes
