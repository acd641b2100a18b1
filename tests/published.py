"""Small data sets in the published file formats of the real ones, and the overrides that select them."""

import gzip
import hashlib
import io
import json
import pickle
import struct
import tarfile
import zipfile
from pathlib import Path

import numpy as np

EMNIST = "gzip.zip"
CIFAR = {
    10: ("cifar-10-binary.tar.gz", "cifar-10-python.tar.gz"),
    100: ("cifar-100-binary.tar.gz", "cifar-100-python.tar.gz"),
}


def idx_bytes(array: np.ndarray) -> bytes:
    """LeCun's format: magic number (0, 0, type 8, dimensions), big-endian sizes, then the bytes."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def checksum(path: Path, kind: str = "sha256") -> str:
    return f"{kind}:{hashlib.new(kind, path.read_bytes()).hexdigest()}"


def checksums(*paths: Path) -> dict[str, str]:
    return {path.name: checksum(path) for path in paths}


def leads_to(path: Path) -> list[str]:
    """The overrides with which an option reads a made-up archive."""
    return [f"dataset.root={path.parent}", f"dataset.checksums={{{path.name}:'{checksum(path)}'}}"]


def mnist_files(folder: Path, images: np.ndarray, labels: np.ndarray, test: int) -> None:
    """Write the four files of MNIST's format: all examples for training, the last `test` ones again for testing."""
    folder.mkdir(parents=True)
    for part, chosen in (("train", np.s_[:]), ("t10k", np.s_[-test:])):
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(images[chosen])))
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx_bytes(labels[chosen])))


def emnist_archive(folder: Path, subset: str, images: np.ndarray, labels: np.ndarray, test: int) -> Path:
    """Write NIST's archive: images (examples, height, width) stored sideways, the last `test` ones for testing."""
    path = folder / EMNIST
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("gzip/", b"")
        for part, chosen in (("train", np.s_[:-test]), ("test", np.s_[-test:])):
            for kind, array in (("images-idx3", images.transpose(0, 2, 1)), ("labels-idx1", labels)):
                name = f"gzip/emnist-{subset}-{part}-{kind}-ubyte.gz"
                archive.writestr(name, gzip.compress(idx_bytes(array[chosen])))
    return path


def class_names(classes: int) -> list[str]:
    return [f"class_{number}" for number in range(classes)]


def _batches(
    classes: int, images: np.ndarray, labels: np.ndarray, test: int
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Planes (examples, 3072) and labels, by the names of the files."""
    planes = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    train = (planes[:-test], labels[:-test])
    last = (planes[-test:], labels[-test:])
    if classes != 10:
        return {"train": train, "test": last}
    pieces = zip(*(np.array_split(array, 5) for array in train), strict=True)
    return {f"data_batch_{number}": piece for number, piece in enumerate(pieces, 1)} | {"test_batch": last}


def cifar_binary(folder: Path, classes: int, images: np.ndarray, labels: np.ndarray, test: int) -> Path:
    """Write Krizhevsky's binary archive: the label (for CIFAR-100, preceded by the coarse label), then the planes."""
    files = {}
    for name, (planes, own) in _batches(classes, images, labels, test).items():
        columns = [own] if classes == 10 else [own // 5, own]
        files[f"{name}.bin"] = np.column_stack([*columns, planes]).astype(np.uint8).tobytes()
    names = "batches.meta.txt" if classes == 10 else "fine_label_names.txt"
    files[names] = ("\n".join(class_names(classes)) + "\n\n").encode()
    return _tar(folder / CIFAR[classes][0], f"cifar-{classes}-batches-bin", files)


def cifar_python(folder: Path, classes: int, images: np.ndarray, labels: np.ndarray, test: int) -> Path:
    """Write Krizhevsky's archive of pickles, whose text is bytes, as Python 2 wrote it."""
    key = b"labels" if classes == 10 else b"fine_labels"
    batches = _batches(classes, images, labels, test)
    files = {name: python_2_batch(key, planes, own.tolist()) for name, (planes, own) in batches.items()}
    meta, names = ("batches.meta", b"label_names") if classes == 10 else ("meta", b"fine_label_names")
    files[meta] = pickle.dumps({names: [name.encode() for name in class_names(classes)]}, protocol=3)
    return _tar(folder / CIFAR[classes][1], f"cifar-{classes}-batches-py", files)


def python_2_batch(key: bytes, planes: np.ndarray, labels: list[int]) -> bytes:
    """Pickle {"data": planes, key: labels} with the opcodes of Python 2 and NumPy 1 (pickletools names them)."""

    def text(value: bytes) -> bytes:
        return b"U" + bytes([len(value)]) + value  # SHORT_BINSTRING

    def number(value: int) -> bytes:
        return b"J" + struct.pack("<i", value)  # BININT

    rows, columns = planes.shape
    content = planes.astype(np.uint8).tobytes()
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n" + number(0) + b"\x85" + text(b"b") + b"tR"
        b"(" + number(1) + number(rows) + number(columns) + b"\x86"
        b"cnumpy\ndtype\n(" + text(b"u1") + number(0) + number(1) + b"tR"
        b"(" + number(3) + text(b"|") + b"NNN" + number(-1) + number(-1) + number(0) + b"tb"
        b"\x89T" + struct.pack("<i", len(content)) + content + b"tb"
    )
    listed = b"](" + b"".join(map(number, labels)) + b"e"
    return b"\x80\x02}(" + text(b"data") + array + text(key) + listed + b"u."


FLOWERS = """@relation flowers
@attribute 'height in cm' numeric
@attribute petals integer
@attribute colour {red, blue, 'dark green'}
@attribute class {tulip, rose, aster}
@data
"""


def openml_pages(url: str, arff: str, label: str = "class", status: str = "active") -> dict[str, bytes]:
    """OpenML's responses about data set 61, version 3 of `flowers`, by URL, in version 1.1 of its API."""
    columns = [line.removeprefix("@attribute ") for line in arff.splitlines() if line.startswith("@attribute")]
    features = []
    for number, column in enumerate(columns):
        name = column.split("'")[1] if column.startswith("'") else column.split()[0]
        kind = "nominal" if "{" in column else "string" if column.endswith("string") else "numeric"
        features.append(
            {"index": str(number), "name": name, "data_type": kind, "is_target": str(name == label).lower()}
            | {"is_ignore": "false", "is_row_identifier": "false", "number_of_missing_values": "0"}
        )
    about = {
        "id": "61",
        "name": "flowers",
        "version": "3",
        "status": status,
        "format": "ARFF",
        "description": "made up",
    }
    about |= {"url": f"{url}data/v1/download/61/flowers.arff", "md5_checksum": hashlib.md5(arff.encode()).hexdigest()}
    versions = [{"did": 61, "name": "flowers", "version": 3, "status": status, "format": "ARFF"}]
    found = {"data": {"dataset": versions}}
    instances = str(len(arff.partition("@data\n")[2].splitlines()))
    json_pages = {
        "list/data_name/flowers/limit/2/status/active/": found,
        "list/data_name/flowers/limit/2/data_version/3": found,
        "61": {"data_set_description": about | {"default_target_attribute": label}},
        "features/61": {"data_features": {"feature": features}},
        "qualities/61": {"data_qualities": {"quality": [{"name": "NumberOfInstances", "value": instances}]}},
    }
    pages = {f"api/v1/json/data/{page}": json.dumps(content).encode() for page, content in json_pages.items()}
    return pages | {"data/v1/download/61/flowers.arff": arff.encode()}


def openml_cache(root: Path, pages: dict[str, bytes]) -> None:
    """Write OpenML's answers to the place below a data directory where scikit-learn caches them."""
    for address, content in pages.items():
        file = root / "openml/openml.org" / f"{address}.gz"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(gzip.compress(content))


def _tar(path: Path, inside: str, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        folder = tarfile.TarInfo(inside)
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, content in files.items():
            member = tarfile.TarInfo(f"{inside}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path
