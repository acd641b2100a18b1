"""MNIST from the four IDX files or from `mnist.npz`, downloaded once where neither is there."""

import os
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from runner.data.dataset import Dataset
from runner.data.errors import DataError, DataNotFound
from runner.data.idx import read_idx

# SHA-256 of the published files (LeCun, Cortes & Burges; the same on every mirror).
_CHECKSUMS = {
    "train-images-idx3-ubyte": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
_DOWNLOAD_TIMEOUT = 20  # seconds without an answer

# What numpy.load, and zipfile and zlib below it, raise for a file that is not an archive of plain arrays.
_UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RuntimeError,  # encrypted, or compressed in an unknown way
    zipfile.BadZipFile,
    zlib.error,
)

Arrays = list[npt.NDArray[np.generic]]


def load_mnist(name: str, root: str | None, url: str, fingerprint: str | None) -> Dataset:
    """Return a data set in MNIST's format.

    Args:
        name: what reports call it, and the folder looked for below `root` before `root` itself.
        root: the data directory; None: the user's cache directory.
        url: where the four files are downloaded from, if they are nowhere.
        fingerprint: what the arrays must hash to; None accepts any.

    Raises:
        DataError: if a file is there but is not what it should be.
        DataNotFound: if nothing is there and nothing could be downloaded.
    """
    folder, arrays = _read(name, _data_directory(root), url)
    train_images, train_labels, test_images, test_labels = arrays
    dataset = Dataset(
        name=name,
        source=str(folder),
        classes=10,
        train_labels=_labels(folder, "training", train_labels),
        train_images=_images(folder, "training", train_images, train_labels),
        test_labels=_labels(folder, "test", test_labels),
        test_images=_images(folder, "test", test_images, test_labels),
    )
    if dataset.train_images.shape[1:] != dataset.test_images.shape[1:]:
        sizes = f"{dataset.train_images.shape[1:]} and {dataset.test_images.shape[1:]}"
        raise DataError(f"{folder}: training and test images differ in size: {sizes}")
    if fingerprint and dataset.fingerprint != fingerprint:
        raise DataError(
            f"{folder}: not {name}: the {len(train_labels)} training and {len(test_labels)} test examples there have "
            f"fingerprint {dataset.fingerprint}, where {name} has {fingerprint} "
            "(dataset.fingerprint=null accepts data of your own)"
        )
    return dataset


def _data_directory(root: str | None) -> Path:
    if root is not None:
        return Path(root).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("runner")


def _read(name: str, root: Path, url: str) -> tuple[Path, Arrays]:
    for folder in (root / name, root):
        present = [path for stem in _CHECKSUMS if (path := _idx_path(folder, stem))]
        if len(present) == len(_CHECKSUMS):
            return folder, _read_idx_files(present)
        if (archive := folder / "mnist.npz").exists():
            return folder, _read_npz(archive)
        if present:
            missing = ", ".join(stem for stem in _CHECKSUMS if not _idx_path(folder, stem))
            raise DataError(f"{folder}: {missing} missing (plain or .gz); put it there, or remove the other files")
    return root / name, _read_idx_files(_download(name, root / name, url))


def _idx_path(folder: Path, stem: str) -> Path | None:
    candidates = (folder / stem, folder / f"{stem}.gz")
    return next((path for path in candidates if path.exists()), None)


def _read_idx_files(paths: list[Path]) -> Arrays:
    return [read_idx(path, "images" if "idx3" in path.name else "labels") for path in paths]


def _read_npz(path: Path) -> Arrays:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return [archive[key] for key in ("x_train", "y_train", "x_test", "y_test")]
    except _UNREADABLE as error:
        raise DataError(f"{path}: not a readable mnist.npz with x_train, y_train, x_test, y_test ({error})") from error


def _images(
    folder: Path, part: str, images: npt.NDArray[np.generic], labels: npt.NDArray[np.generic]
) -> npt.NDArray[np.uint8]:
    if images.ndim != 3 or images.dtype != np.uint8:
        raise DataError(
            f"{folder}: {part} images are {images.dtype}{images.shape}, not bytes of (examples, height, width)"
        )
    if len(images) != len(labels):
        raise DataError(f"{folder}: {len(images)} {part} images, but {len(labels)} {part} labels")
    return images[..., np.newaxis].astype(np.uint8, copy=False)


def _labels(folder: Path, part: str, labels: npt.NDArray[np.generic]) -> npt.NDArray[np.int32]:
    if (
        labels.ndim != 1
        or not len(labels)
        or not np.issubdtype(labels.dtype, np.integer)
        or not np.isin(labels, np.arange(10)).all()
    ):
        raise DataError(f"{folder}: {part} labels are not integers from 0 to 9")
    return labels.astype(np.int32)


def _download(name: str, folder: Path, url: str) -> list[Path]:
    """Fetch the four files into a temporary directory, and put them in place once all have the right checksum."""
    import pooch
    import requests

    fetch = pooch.HTTPDownloader(timeout=_DOWNLOAD_TIMEOUT)
    new = [directory for directory in (folder, folder.parent) if not directory.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".download-", dir=folder) as temporary:
            for stem, checksum in _CHECKSUMS.items():
                address = f"{url.rstrip('/')}/{stem}.gz"
                file = pooch.retrieve(address, f"sha256:{checksum}", f"{stem}.gz", temporary, downloader=fetch)
                Path(file).chmod(0o644)  # for all users of a shared directory
            return [(Path(temporary) / f"{stem}.gz").replace(folder / f"{stem}.gz") for stem in _CHECKSUMS]
    except (requests.RequestException, OSError) as error:
        with suppress(OSError):  # one that holds a file already stays
            for directory in new:
                directory.rmdir()
        raise DataNotFound(
            f"{name} is not in {folder} and cannot be downloaded from {url} ({type(error).__name__}). "
            f"Put its four IDX files, or mnist.npz, into {folder}{os.sep}, or name their directory: "
            "RUNNER_DATA_DIR=... or dataset.root=..."
        ) from error
    except ValueError as error:  # pooch's word for a wrong checksum
        raise DataError(f"{url}: what was downloaded is not {name}: {str(error).splitlines()[0]}") from error
