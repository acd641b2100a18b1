"""EMNIST: handwritten letters and digits, in one archive of IDX files."""

import gzip
import string
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from runner.core.errors import ConfigError
from runner.core.text import did_you_mean
from runner.data.checks import checked_dataset, checked_labels, unreadable
from runner.data.dataset import DataError, Dataset, Part
from runner.data.storage.archives import find_archive
from runner.data.storage.idx import parse_idx

_FOLDER = "emnist"  # folder of the archive, which all subsets share
# A capital letter also represents its small letter if both look the same.
_CLASSES = {
    "balanced": string.digits + string.ascii_uppercase + "abdefghnqrt",
    "letters": string.ascii_lowercase,
    "digits": string.digits,
}
_FIRST_LABEL = {"letters": 1}


def load_emnist(name: str, root: str | None, url: str, checksums: Mapping[str, str], subset: str) -> Dataset:
    """Load one of EMNIST's data sets; its images, which are stored sideways, are turned upright.

    Args:
        name: name in reports.
        root: the data directory, which must exist; None: the user's cache directory.
        url: remote directory of the archive.
        checksums: checksums of the archive (see `find_archive`).
        subset: "balanced" (47 classes), "letters" (26; capitals and small letters are one class) or "digits" (10).

    Raises:
        ConfigError: if there is no such subset, or `root` is empty.
        DataError: if `root` does not exist, or the archive is not the published one or cannot be read.
        DataNotFound: if the archive neither exists nor could be downloaded.

    Source: Cohen et al. 2017, "EMNIST: an extension of MNIST to handwritten letters".
    """
    if subset not in _CLASSES:
        raise ConfigError(f"dataset.subset={subset}: no such data set in EMNIST{did_you_mean(subset, _CLASSES)}")
    path = find_archive(_FOLDER, root, url, checksums)
    with unreadable(path), zipfile.ZipFile(path) as archive:
        train, test = (_part(path, archive, subset, part) for part in ("train", "test"))
    return checked_dataset(name, str(path), train, test, class_names=tuple(_CLASSES[subset]))


def _part(path: Path, archive: zipfile.ZipFile, subset: str, part: str) -> Part:
    images, labels = (
        _array(path, archive, f"emnist-{subset}-{part}-{name}-ubyte.gz", kind)
        for name, kind in (("images-idx3", "images"), ("labels-idx1", "labels"))
    )
    if len(images) != len(labels):
        raise DataError(f"{path}: {len(images)} {part} images of {subset}, but {len(labels)} labels")
    numbers = labels.astype(np.int32) - _FIRST_LABEL.get(subset, 0)
    upright = np.ascontiguousarray(images.transpose(0, 2, 1)[..., np.newaxis])
    return Part(upright, checked_labels(f"{path}: {part} labels of {subset}", numbers))


def _array(path: Path, archive: zipfile.ZipFile, file: str, kind: str) -> npt.NDArray[np.uint8]:
    member = next((name for name in archive.namelist() if name.rpartition("/")[2] == file), None)
    if member is None:
        raise DataError(f"{path}: has no {file}")
    with archive.open(member) as packed, gzip.open(packed) as stream:
        return parse_idx(f"{path}: {file}", kind, stream)
