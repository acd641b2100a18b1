"""MNIST and data sets in its format: four IDX files or an `.npz`, downloaded once if neither exists."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from runner.data.checks import Array, checked_class_names
from runner.data.dataset import DataError, DataNotFound, Dataset
from runner.data.npz_file import TWO_PARTS, read_npz
from runner.data.storage.directories import data_directory, folders_of
from runner.data.storage.idx import read_idx

# The published files (LeCun, Cortes & Burges; the same on every mirror). All data sets in this format use these names,
# in the order of the arrays.
_CHECKSUMS = {
    "train-images-idx3-ubyte": "sha256:440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte": "sha256:3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte": "sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte": "sha256:f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
_FINGERPRINT = "ceda791d3e53beaf95f8e213c414aa4d975006504eff93f785d685ecea3e892c"  # hash of the arrays in these files
_TRAIN_LABELS = "train-labels-idx1-ubyte"
# Unpacked files have no known checksums, but published labels have a known beginning. The key is the checksum of the
# compressed labels, by which an option states the data set that it expects.
_FIRST_LABELS = {
    "md5:25c81989df183df01b3e8a0aad5dffbe": ("Fashion-MNIST", (9, 0, 0, 3, 0, 2, 7, 2, 5, 5, 0, 9, 5, 5, 7, 9)),
}
_PUBLISHED_EXAMPLES = 60_000
_MEMORY_LIMIT_GB = 4.0  # MNIST needs 0.055
_SIMILAR = re.compile(r"mnist|ubyte|idx[13]", re.IGNORECASE)
_FEW = 5  # names in a message


def load_mnist(
    name: str,
    root: str | None,
    url: str,
    fingerprint: str | None,
    checksums: Mapping[str, str] | None = None,
    class_names: Sequence[str] | None = None,
) -> Dataset:
    """Load a data set in MNIST's format, downloading it first if necessary.

    Args:
        name: name in reports; also the folder below `root` that is searched before `root` itself.
        root: the data directory, which must exist; None: the user's cache directory.
        url: remote directory of the four files.
        fingerprint: expected hash of the arrays; None accepts any.
        checksums: checksums of the four files (see `download`) if they are not MNIST's; MNIST itself is then rejected.
        class_names: names of the classes, in label order.

    Raises:
        ConfigError: if `root` is empty, or `class_names` does not name each class once.
        DataError: if `root` does not exist, or a file is invalid.
        DataNotFound: if the data neither exist nor could be downloaded.
    """
    directory = data_directory(name, root)
    dataset = _find(name, directory, checksums)
    if dataset is None:
        folder = directory / name
        dataset = _dataset(name, folder, _downloaded(name, directory, url, checksums or _CHECKSUMS))
    if fingerprint and dataset.fingerprint != fingerprint:
        raise DataError(
            f"{dataset.source}: not {name}: the {len(dataset.train_labels)} training and {len(dataset.test_labels)} "
            f"test examples have fingerprint {dataset.fingerprint}, but {name} has {fingerprint} "
            "(dataset.fingerprint=null accepts your own data)"
        )
    return replace(dataset, class_names=checked_class_names(class_names, dataset.classes))


def _downloaded(name: str, directory: Path, url: str, checksums: Mapping[str, str]) -> list[Array]:
    from runner.data.storage.download import download  # imports network libraries, which a run seldom needs

    published = {f"{stem}.gz": checksum for stem, checksum in checksums.items()}
    try:
        files = download(name, directory / name, url, published, f"its four IDX files, or {name}.npz,")
        return _read_idx_files(files)
    except DataNotFound as error:
        if not (similar := _similar_files(directory)):
            raise
        found = ", ".join(similar)
        raise DataNotFound(
            f"{error}. The directory contains files under other names, which are not read: {found}"
        ) from error


def _similar_files(directory: Path) -> list[str]:
    """Return a few files below a directory that look like a data set under other names."""
    files = [file for level in ("*", "*/*", "*/*/*") for file in sorted(directory.glob(level))]
    similar = [file for file in files if _SIMILAR.search(file.name) and file.is_file()]
    return [str(file.relative_to(directory)) for file in similar[:_FEW]]


def _find(name: str, directory: Path, checksums: Mapping[str, str] | None) -> Dataset | None:
    """Return the data set in its own folder or in the directory itself, where another data set is skipped."""
    for folder in folders_of(name, directory):
        arrays = _read(name, folder)
        if arrays is None:
            continue
        dataset = _dataset(name, folder, arrays)
        if checksums is None:
            return dataset
        is_own = folder != directory
        if dataset.fingerprint == _FINGERPRINT:
            if is_own:
                raise DataError(
                    f"{folder}: contains the files of MNIST, not those of {name}, which have the same names"
                )
            continue
        if not (remark := _file_remark(name, folder, checksums) or _label_remark(dataset, checksums)):
            return dataset
        if is_own:
            return replace(dataset, notes=(*dataset.notes, remark))
    return None


def _file_remark(name: str, folder: Path, checksums: Mapping[str, str]) -> str | None:
    """Return a remark on the first compressed file that is not the published one."""
    for stem, checksum in checksums.items():
        kind, _, expected = checksum.partition(":")
        path = folder / f"{stem}.gz"
        if path.is_file() and hashlib.new(kind, path.read_bytes()).hexdigest() != expected:
            return f"{path}: not the published file of {name} (checksum differs); is it from another data set?"
    return None


def _label_remark(dataset: Dataset, checksums: Mapping[str, str]) -> str | None:
    """Return a remark if the first training labels show that the files are from another data set."""
    labels = dataset.train_labels
    for checksum, (published, first) in _FIRST_LABELS.items():
        matches, is_expected = tuple(labels[: len(first)]) == first, checksums.get(_TRAIN_LABELS) == checksum
        if matches and not is_expected:
            return f"{dataset.source}: the training labels are those of {published}, not of {dataset.name}"
        if is_expected and not matches and len(labels) == _PUBLISHED_EXAMPLES:
            differ = f"the training labels are not the published ones of {dataset.name}"
            return f"{dataset.source}: {differ}; are the files from another data set?"
    return None


def _read(name: str, folder: Path) -> list[Array] | None:
    present = [path for stem in _CHECKSUMS if (path := _idx_path(folder, stem))]
    if len(present) == len(_CHECKSUMS):
        return _read_idx_files(present)
    if (archive := folder / f"{name}.npz").exists():
        return list(read_npz(archive, [TWO_PARTS], _MEMORY_LIMIT_GB).values())
    if present:
        missing = ", ".join(stem for stem in _CHECKSUMS if not _idx_path(folder, stem))
        raise DataError(f"{folder}: missing (plain or .gz): {missing}; add what is missing, or remove the other files")
    return None


def _idx_path(folder: Path, stem: str) -> Path | None:
    """Return the file of one array, by its published name or Kaggle's (with a dot, or in a folder of that name)."""
    stems = (stem, stem.replace("-idx", ".idx"))
    names = [f"{name}{ending}" for name in stems for ending in ("", ".gz")]
    candidates = (place / name for place in (folder, *(folder / name for name in stems)) for name in names)
    return next((path for path in candidates if path.exists() and not path.is_dir()), None)


def _read_idx_files(paths: list[Path]) -> list[Array]:
    return [read_idx(path, "images" if "idx3" in path.name else "labels") for path in paths]


def _dataset(name: str, folder: Path, arrays: list[Array]) -> Dataset:
    train_inputs, train_labels, test_inputs, test_labels = arrays
    dataset = Dataset(
        name=name,
        source=str(folder),
        classes=10,
        train_labels=_labels(folder, "training", train_labels),
        train_inputs=_images(folder, "training", train_inputs, train_labels),
        test_labels=_labels(folder, "test", test_labels),
        test_inputs=_images(folder, "test", test_inputs, test_labels),
    )
    if dataset.train_inputs.shape[1:] != dataset.test_inputs.shape[1:]:
        sizes = f"{dataset.train_inputs.shape[1:]} and {dataset.test_inputs.shape[1:]}"
        raise DataError(f"{folder}: training and test images differ in size: {sizes}")
    return dataset


def _images(folder: Path, part: str, images: Array, labels: Array) -> npt.NDArray[np.uint8]:
    if images.ndim != 3 or images.dtype != np.uint8:
        raise DataError(
            f"{folder}: {part} images are {images.dtype}{images.shape}, not bytes of (examples, height, width)"
        )
    if len(images) != len(labels):
        raise DataError(f"{folder}: {len(images)} {part} images, but {len(labels)} {part} labels")
    return images[..., np.newaxis].astype(np.uint8, copy=False)


def _labels(folder: Path, part: str, labels: Array) -> npt.NDArray[np.int32]:
    if (
        labels.ndim != 1
        or not len(labels)
        or not np.issubdtype(labels.dtype, np.integer)
        or not np.isin(labels, np.arange(10)).all()
    ):
        raise DataError(f"{folder}: {part} labels are not integers from 0 to 9")
    return labels.astype(np.int32)
