"""Small valid data sets of every kind, for tests that damage them, and their loading."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import yaml
from PIL import Image

from runner.core.paths import conf_directory
from runner.data.csv_file import load_csv
from runner.data.dataset import Dataset
from runner.data.image_folder import load_images
from runner.data.mnist import load_mnist
from runner.data.npz_file import load_npz
from tests.published import idx_bytes

MEMORY_LIMIT_GB = 0.1
NOWHERE = "http://127.0.0.1:9/"

GENERATOR = np.random.default_rng(5)
ARRAYS = {
    "x_train": GENERATOR.integers(0, 256, (30, 5, 4)).astype(np.uint8),
    "y_train": (np.arange(30) % 10).astype(np.uint8),
    "x_test": GENERATOR.integers(0, 256, (20, 5, 4)).astype(np.uint8),
    "y_test": (np.arange(20) % 10).astype(np.uint8),
}
STEMS = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
TABLE = "a,label,b\n" + "".join(f"{row},{'yes' if row % 2 else 'no'},{row / 7:.3f}\n" for row in range(12))


def write_idx(folder: Path, pack: Callable[[bytes], bytes] = bytes, suffix: str = "") -> Path:
    for stem, array in zip(STEMS, ARRAYS.values(), strict=True):
        (folder / f"{stem}{suffix}").write_bytes(pack(idx_bytes(array)))
    return folder / f"{STEMS[0]}{suffix}"


def write_gzip(folder: Path) -> Path:
    return write_idx(folder, gzip.compress, ".gz")


def write_mnist_npz(folder: Path) -> Path:
    np.savez_compressed(folder / "mnist.npz", **ARRAYS)
    return folder / "mnist.npz"


def write_npz(folder: Path) -> Path:
    np.savez_compressed(folder / "mine.npz", **ARRAYS)
    return folder / "mine.npz"


def write_plain_npz(folder: Path) -> Path:
    np.savez(folder / "mine.npz", **ARRAYS)
    return folder / "mine.npz"


def write_csv(folder: Path) -> Path:
    (folder / "mine.csv").write_text(TABLE)
    return folder / "mine.csv"


def write_images(folder: Path, suffix: str = ".png", images: np.ndarray = ARRAYS["x_train"]) -> Path:
    for name, pixels in zip(("cat/0", "cat/1", "cat/2", "dog/0", "dog/1", "dog/2"), images, strict=False):
        (folder / name).parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(folder / f"{name}{suffix}")
    return folder / f"cat/1{suffix}"


WRITERS: dict[str, Callable[[Path], Path]] = {  # each returns the file to damage
    "idx": write_idx,
    "gzip": write_gzip,
    "mnist.npz": write_mnist_npz,
    "npz": write_npz,
    "csv": write_csv,
    "images": write_images,
}


def load(kind: str, folder: Path) -> Dataset:
    """Load with the options in conf/, except for a lower memory limit and no network."""
    if kind in ("idx", "gzip", "mnist.npz"):
        return load_mnist("mnist", str(folder), NOWHERE, fingerprint=None)
    option = yaml.safe_load((conf_directory() / "dataset" / f"{kind}.yaml").read_text())
    keys = {key: value for key, value in option.items() if key not in ("_target_", "defaults")}
    path = folder if kind == "images" else folder / f"mine.{kind}"
    loader = {"npz": load_npz, "csv": load_csv, "images": load_images}[kind]
    return loader(**(keys | {"path": str(path), "memory_limit_gb": MEMORY_LIMIT_GB}))


def outcome(kind: str, folder: Path) -> str:
    """Return the fingerprint of the loaded data set."""
    return load(kind, folder).fingerprint
