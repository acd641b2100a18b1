"""MNIST, and data sets in its format: the four IDX files, or an `.npz`, downloaded once where neither is there."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from runner.config.locations import user_path
from runner.data.checked import Array
from runner.data.dataset import Dataset
from runner.data.download import download
from runner.data.errors import DataError
from runner.data.idx import read_idx
from runner.data.npz_file import TWO_PARTS, read_npz

# The published files (LeCun, Cortes & Burges; the same on every mirror). Their names are those of all data sets in
# this format, in the order of the arrays.
_CHECKSUMS = {
    "train-images-idx3-ubyte": "sha256:440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte": "sha256:3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte": "sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte": "sha256:f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
_FINGERPRINT = "ceda791d3e53beaf95f8e213c414aa4d975006504eff93f785d685ecea3e892c"  # of what is in them
_MEMORY_LIMIT_GB = 4.0  # MNIST takes 0.055


def load_mnist(
    name: str, root: str | None, url: str, fingerprint: str | None, checksums: Mapping[str, str] | None = None
) -> Dataset:
    """Return a data set in MNIST's format.

    Args:
        name: what reports call it, and the folder looked for below `root` before `root` itself.
        root: the data directory; None: the user's cache directory.
        url: where the four files are downloaded from, if they are nowhere.
        fingerprint: what the arrays must hash to; None accepts any.
        checksums: of the four files (see `download`) where they are not MNIST's; then MNIST itself is refused.

    Raises:
        DataError: if a file is there but is not what it should be.
        DataNotFound: if nothing is there and nothing could be downloaded.
    """
    directory = _data_directory(root)
    dataset = _find(name, directory, is_mnist=checksums is None)
    if dataset is None:
        folder = directory / name
        dataset = _dataset(name, folder, _read_idx_files(download(name, folder, url, checksums or _CHECKSUMS)))
    if fingerprint and dataset.fingerprint != fingerprint:
        raise DataError(
            f"{dataset.source}: not {name}: the {len(dataset.train_labels)} training and {len(dataset.test_labels)} "
            f"test examples there have fingerprint {dataset.fingerprint}, where {name} has {fingerprint} "
            "(dataset.fingerprint=null accepts data of your own)"
        )
    return dataset


def _data_directory(root: str | None) -> Path:
    if root is not None:
        return user_path(root)
    from platformdirs import user_cache_path

    return user_cache_path("runner")


def _find(name: str, directory: Path, is_mnist: bool) -> Dataset | None:
    """Return what is in the data set's folder, or in the directory itself, which may hold MNIST for other runs."""
    for folder in (directory / name, directory):
        arrays = _read(name, folder)
        if arrays is None:
            continue
        dataset = _dataset(name, folder, arrays)
        if is_mnist or dataset.fingerprint != _FINGERPRINT:
            return dataset
        if folder != directory:
            raise DataError(f"{folder}: these are the files of MNIST, not those of {name}, which have the same names")
    return None


def _read(name: str, folder: Path) -> list[Array] | None:
    present = [path for stem in _CHECKSUMS if (path := _idx_path(folder, stem))]
    if len(present) == len(_CHECKSUMS):
        return _read_idx_files(present)
    if (archive := folder / f"{name}.npz").exists():
        return list(read_npz(archive, [TWO_PARTS], _MEMORY_LIMIT_GB).values())
    if present:
        missing = ", ".join(stem for stem in _CHECKSUMS if not _idx_path(folder, stem))
        raise DataError(f"{folder}: {missing} missing (plain or .gz); put it there, or remove the other files")
    return None


def _idx_path(folder: Path, stem: str) -> Path | None:
    candidates = (folder / stem, folder / f"{stem}.gz")
    return next((path for path in candidates if path.exists()), None)


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
