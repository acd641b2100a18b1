"""Damaged and hostile data: each file is rejected with a message that names it, in bounded time and memory."""

import gzip
import os
import pickle
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runner.core.errors import UserError
from tests.published import idx_bytes
from tests.torture.bounded import SECONDS, Call, bounded_process, peak_megabytes
from tests.torture.datasets import ARRAYS, STEMS, TABLE, WRITERS, outcome

IMAGES = idx_bytes(ARRAYS["x_train"])
GZIP = gzip.compress(IMAGES)

pytestmark = pytest.mark.promise(
    "**Data**: a damaged or hostile file is rejected with a message that names it, in bounded time and memory"
)

Spoil = Callable[[Path], object]
Case = tuple[str, Spoil, str]  # kind of data, damage to its file, part of the message


@pytest.fixture(scope="module")
def call() -> Iterator[Call]:
    with bounded_process() as call:
        yield call


def holding(content: bytes) -> Spoil:
    return lambda path: path.write_bytes(content)


def header(kind: int, *shape: int, dtype: int = 8) -> bytes:
    return struct.pack(f">HBB{len(shape)}I", 0, dtype, kind, *shape)


def flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def sparse(path: Path, beginning: bytes, size: int) -> None:
    """Write a sparse file of a given size, which takes no space on the disk: a beginning, then zeros."""
    path.write_bytes(beginning)
    os.truncate(path, size)


def gzip_bomb(beginning: bytes) -> bytes:
    """Return 4 MB that expand to 4 GB, because gzip members may be concatenated."""
    return gzip.compress(beginning) + 64 * gzip.compress(bytes(2**26))


IDX: dict[str, Case] = {
    "empty": ("idx", holding(b""), "begins with nothing"),
    "three bytes": ("idx", holding(b"\0\0\x08"), "not an IDX file"),
    "header cut": ("idx", holding(IMAGES[:11]), "ends within its header"),
    "last byte missing": ("idx", holding(IMAGES[:-1]), "truncated"),
    "header alone": ("idx", holding(IMAGES[:16]), "truncated"),
    "trailing garbage": ("idx", holding(IMAGES + b"!"), "more bytes, but"),
    "wrong magic": ("idx", holding(flipped(IMAGES, 0)), "not an IDX file"),
    "floats": ("idx", holding(header(3, 30, 5, 4, dtype=0x0D) + bytes(4 * 600)), "not an IDX file"),
    "little-endian": ("idx", holding(b"\x03\x08\0\0" + IMAGES[4:]), "not an IDX file"),
    "four dimensions": ("idx", holding(header(4, 30, 5, 4, 1) + bytes(600)), "not an IDX file"),
    "labels for images": ("idx", holding(idx_bytes(ARRAYS["y_train"])), "are the files swapped"),
    "terabytes declared": ("idx", holding(header(3, 2**32 - 1, 2**16, 2**16) + bytes(600)), "GB"),
    "product overflows to what is there": ("idx", holding(header(3, 2**31, 2**31, 4) + bytes(600)), "GB"),
    "3 GB declared, 600 bytes there": ("idx", holding(header(3, 3000, 1000, 1000) + bytes(600)), "truncated"),
    "one example less in the header": ("idx", holding(header(3, 29, 5, 4) + IMAGES[16:]), "more bytes, but"),
    "sparse terabyte": ("idx", lambda path: sparse(path, IMAGES, 2**40), "more bytes, but"),
    "a label of 10": (
        "idx",
        lambda path: path.with_name(STEMS[1]).write_bytes(idx_bytes(ARRAYS["y_train"] + 1)),
        "training labels are not integers from 0 to 9",
    ),
    "fewer labels than images": (
        "idx",
        lambda path: path.with_name(STEMS[1]).write_bytes(idx_bytes(ARRAYS["y_train"][1:])),
        "30 training images, but 29 training labels",
    ),
    "test images of another size": (
        "idx",
        lambda path: path.with_name(STEMS[2]).write_bytes(idx_bytes(ARRAYS["x_test"][:, :4])),
        "differ in size",
    ),
    "no examples": ("idx", holding(header(3, 0, 5, 4)), "0 training images, but 30"),
}
GZIPPED: dict[str, Case] = {
    "truncated": ("gzip", holding(GZIP[: len(GZIP) // 2]), "cannot be read"),
    "no end": ("gzip", holding(GZIP[:-8]), "cannot be read"),
    "bad CRC": ("gzip", holding(flipped(GZIP, len(GZIP) - 8)), "cannot be read .*CRC"),
    "bad length": ("gzip", holding(flipped(GZIP, len(GZIP) - 4)), "cannot be read .*[Ll]ength"),
    "bit flip inside": ("gzip", holding(flipped(GZIP, len(GZIP) // 2)), "cannot be read"),
    "two bytes": ("gzip", holding(GZIP[:2]), "cannot be read"),
    "garbage after the end": ("gzip", holding(GZIP + b"garbage"), "cannot be read"),
    "gzip in gzip": ("gzip", holding(gzip.compress(GZIP)), "not an IDX file"),
    "bomb of zeros": ("gzip", holding(gzip_bomb(b"")), "not an IDX file"),
    "bomb behind sound images": ("gzip", holding(gzip_bomb(IMAGES)), "more bytes, but"),
    "bomb that its header declares": ("gzip", holding(gzip_bomb(header(3, 2**32 // 600, 20, 30))), "GB"),
}


def archive(**changes: object) -> Spoil:
    """Write the archive again with different arrays."""
    return lambda path: np.savez(path, **(ARRAYS | changes))


def member(key: str, head: bytes, size: int = 0, kind: int = zipfile.ZIP_DEFLATED) -> Spoil:
    """Write the archive again with our own bytes, followed by zeros, in place of one array."""

    def spoil(path: Path) -> None:
        np.savez(path, **{name: array for name, array in ARRAYS.items() if name != key})
        with zipfile.ZipFile(path, "a", kind) as target, target.open(f"{key}.npy", "w", force_zip64=True) as stream:
            stream.write(head)
            for _ in range(0, size, 2**24):
                stream.write(bytes(min(size, 2**24)))

    return spoil


def npy_header(text: str, version: int = 1) -> bytes:
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text.encode()


def npy(shape: str, descr: str = "'|u1'") -> bytes:
    return npy_header(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}\n")


def lying_header(path: Path) -> None:
    """Declare less than the array contains: 30 images with 4 rows instead of 5."""
    member("x_train", npy("(30, 4, 4)") + ARRAYS["x_train"].tobytes())(path)


def flip_in_member(path: Path) -> None:
    """Change a bit of an array that is stored uncompressed; the archive's checksum stays unchanged."""
    np.savez(path, **ARRAYS)
    content = path.read_bytes()
    path.write_bytes(flipped(content, content.index(ARRAYS["x_train"].tobytes()) + 100))


def climb(path: Path) -> None:
    """Give the members names that point outside the folder into which they might be unpacked."""
    with zipfile.ZipFile(path, "w") as target:
        for name, array in ARRAYS.items():
            np.save(stream := BytesIO(), array)
            target.writestr(f"../../{name}.npy", stream.getvalue())


class Payload:
    """A pickle that writes a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def pickled_object(path: Path) -> None:
    np.savez(path, **(ARRAYS | {"x_train": np.array([Payload(path.with_name("payload"))], dtype=object)}))


def pickle_alone(path: Path) -> None:
    path.write_bytes(pickle.dumps(Payload(path.with_name("payload"))))


def filled(value: float) -> np.ndarray:
    array = ARRAYS["x_train"].astype(np.float64)
    array[3, 2, 1] = value
    return array


def labels(value: float, kind: type = np.int64) -> np.ndarray:
    return np.where(np.arange(30) == 7, value, ARRAYS["y_train"].astype(np.int64)).astype(kind)


def one_part(path: Path, **changes: object) -> None:
    np.savez(path, **({"x": ARRAYS["x_train"], "y": ARRAYS["y_train"]} | changes))


def twice(label: int) -> np.ndarray:
    return np.where(np.arange(30) < 2, label, ARRAYS["y_train"].astype(np.int64))


NPZ: dict[str, Case] = {
    "empty": ("npz", holding(b""), "not a readable archive"),
    "truncated": ("npz", lambda path: path.write_bytes(path.read_bytes()[:-30]), "not a readable archive"),
    "a pickle": ("npz", pickle_alone, "not a readable archive"),
    "a pickled array": ("npz", pickled_object, "not a readable archive"),
    "a pickled array for MNIST": ("mnist.npz", pickled_object, "not a readable archive"),
    "names that climb": ("npz", climb, r"has the keys \.\./\.\./x_train"),
    "a bit flip": ("npz", flip_in_member, "CRC"),
    "a header that declares less": ("npz", lying_header, "more bytes"),
    "an array cut": ("npz", member("x_train", npy("(30, 5, 4)") + bytes(599)), "not a readable archive"),
    "NaN": ("npz", archive(x_train=filled(np.nan)), r"x_train: example 3 \(from 0\) contains NaN"),
    "infinity": ("npz", archive(x_train=filled(-np.inf)), "contains NaN, infinity"),
    "too large for float32": ("npz", archive(x_train=filled(1e200)), "a number beyond float32"),
    "complex": ("npz", archive(x_train=ARRAYS["x_train"].astype(complex)), "contains complex128, not numbers"),
    "structured": ("npz", archive(x_train=np.zeros((30, 2), "u1,f4")), "not numbers"),
    "text": ("npz", archive(x_train=ARRAYS["x_train"].astype(str)), "not numbers"),
    "dates": ("npz", archive(x_train=ARRAYS["x_train"].astype("M8[s]")), "not numbers"),
    "nothing wide": ("npz", archive(x_train=np.zeros((30, 4), "V")), "not numbers"),
    "no examples": ("npz", archive(x_train=np.zeros((0, 5, 4))), r"has shape \(0, 5, 4\)"),
    "no features": ("npz", archive(x_train=np.zeros((30, 0))), r"has shape \(30, 0\)"),
    "one number": ("npz", archive(x_train=np.float32(3)), r"has shape \(\)"),
    "five dimensions": ("npz", archive(x_train=np.zeros((30, 1, 1, 1, 1))), "has shape"),
    "labels as floats": ("npz", archive(y_train=labels(1, np.float32)), "labels must be integers"),
    "labels as text": ("npz", archive(y_train=labels(1, np.str_)), "labels must be integers"),
    "labels as truth": ("npz", archive(y_train=labels(1, np.bool_)), "labels must be integers"),
    "labels of MNIST negative": ("mnist.npz", archive(y_train=labels(-1)), "not integers from 0 to 9"),
    "labels of MNIST too large": ("mnist.npz", archive(y_train=labels(2**40)), "not integers from 0 to 9"),
    "a negative label": ("npz", archive(y_train=labels(-1)), "contains the label -1"),
    "a gap in the labels": ("npz", archive(y_train=labels(11)), "no training example of class 10"),
    "a label of 2^40": ("npz", archive(y_train=labels(2**40)), "contains the label 1099511627776"),
    "a label of 2^31-1, alone": ("npz", lambda path: one_part(path, y=labels(2**31 - 1)), "the label 2147483647"),
    "a label of 2^31-1, twice": ("npz", lambda path: one_part(path, y=twice(2**31 - 1)), "the label 2147483647"),
    "fewer labels": ("npz", archive(y_train=ARRAYS["y_train"][1:]), "30 examples in x_train, but 29 in y_train"),
    "terabytes declared": ("npz", member("x_train", npy(f"({2**40}, 5)")), "GB decoded, more than"),
    "terabytes declared for MNIST": ("mnist.npz", member("x_train", npy(f"({2**40}, 5, 5)")), "GB decoded, more than"),
    "more than a machine's integers": ("npz", member("x_train", npy(f"({2**70}, 0)")), "not a readable archive"),
    "negative shape": ("npz", member("x_train", npy("(-30, -20)") + bytes(600)), "not a readable archive"),
    "a header without an end": ("npz", member("x_train", npy_header("{'descr': (")), "not a readable archive"),
    "a header of brackets": ("npz", member("x_train", npy_header("(" * 9000)), "not a readable archive"),
    "a header of signs": ("npz", member("x_train", npy_header("-" * 9000 + "1")), "not a readable archive"),
    "a header that is code": (
        "npz",
        member("x_train", npy_header("__import__('pathlib').Path('payload').touch()")),
        "not a readable archive",
    ),
    "a header of 300 MB": (
        "npz",
        member("x_train", b"\x93NUMPY\2\0" + struct.pack("<I", 3 * 10**8), 3 * 10**8),
        "GB decoded, more than",
    ),
    "an array that expands to 300 MB": ("npz", member("x_train", npy("(30, 10, 1000000)"), 3 * 10**8), "GB decoded"),
    "a small array before 300 MB": ("npz", member("x_train", npy("(30, 5, 4)"), 3 * 10**8), "GB decoded"),
    "an LZMA bomb": ("npz", member("x_train", npy("(30, 5, 4)"), 2**24, zipfile.ZIP_LZMA), "not a readable archive"),
}


def long_table(path: Path) -> None:
    """Write 30 million values, which take 120 MB."""
    path.write_bytes(",".join([*map(str, range(15)), "label\n"]).encode() + (b"1," * 15 + b"0\n") * 2 * 10**6)


CSV: dict[str, Case] = {
    "empty": ("csv", holding(b""), "cannot be read as CSV"),
    "blank lines": ("csv", holding(b"\n\n\n"), "cannot be read as CSV"),
    "header alone": ("csv", holding(b"a,label,b\n"), "has no rows"),
    "a row too short": ("csv", holding(TABLE.encode() + b"1,no\n"), "column b, row 13: no value"),
    "a row too long": ("csv", holding(TABLE.encode() + b"1,no,2,3\n"), "Expected 3 fields in line 14, saw 4"),
    "every row too long": ("csv", holding(b"a,label\n1,no,2\n1,yes,2\n"), "Expected 2 fields in line 2, saw 3"),
    "NaN": ("csv", holding(TABLE.encode() + b"nan,no,2\n"), "column a, row 13: no value"),
    "infinity": ("csv", holding(TABLE.encode() + b"-inf,no,2\n"), "-inf is not a finite number"),
    "1e400": ("csv", holding(TABLE.encode() + b"1e400,no,2\n"), "not a finite number"),
    "400 digits": ("csv", holding(TABLE.encode() + b"9" * 400 + b",no,2\n"), "too large"),
    "text": ("csv", holding(TABLE.encode() + b"red,no,2\n"), "red is not a finite number"),
    "a date": ("csv", holding(TABLE.encode() + b"2020-01-01,no,2\n"), "not a finite number"),
    "a complex number": ("csv", holding(TABLE.encode() + b"1+2j,no,2\n"), "not a finite number"),
    "no label": ("csv", holding(TABLE.encode() + b"1,,2\n"), "column label, row 13: no value"),
    "a NUL in a number": ("csv", holding(TABLE.encode() + b"1\x005,no,2\n"), "NUL"),
    "a NUL in a label": ("csv", holding(TABLE.encode() + b"15,no\x00pe,2\n"), "NUL"),
    "UTF-16": ("csv", holding(TABLE.encode("utf-16")), "contains a NUL"),
    "Latin-1": ("csv", holding(TABLE.replace("yes", "s\xed").encode("latin-1")), "cannot be read as CSV .*utf-8"),
    "a class of many characters that is no number": (
        "csv",
        holding(b"a,label\n1,1\n2," + b"0" * 10**6 + b".5\n"),
        "classes are names or whole numbers",
    ),
    "an open quote": ("csv", holding(TABLE.encode() + b'1,"no,2\n'), "cannot be read as CSV"),
    "two columns of one name": ("csv", holding(b"a,a,label\n1,2,no\n1,2,yes\n"), "Duplicate names"),
    "one class": ("csv", holding(TABLE.replace("yes", "no").encode()), "the same class"),
    "gzip": ("csv", holding(gzip.compress(TABLE.encode())), "contains a NUL"),
    "a sparse terabyte": ("csv", lambda path: sparse(path, TABLE.encode(), 2**40), "NUL"),
    "a line of 200 MB": ("csv", lambda path: path.write_bytes(b"1," * 10**8), "longer than"),
    "a cell of 200 MB": ("csv", lambda path: path.write_bytes(TABLE.encode() + b"1" * (2 * 10**8)), "longer than"),
    "more than the limit": ("csv", long_table, "GB decoded, more than dataset.memory_limit_gb=0.1"),
}


def picture(size: tuple[int, int] = (4, 5), mode: str = "L", kind: str = "PNG", **options: object) -> bytes:
    """Return an image file of one colour, width x height."""
    Image.new(mode, size).save(stream := BytesIO(), kind, **options)
    return stream.getvalue()


PNG = picture()


def resized(width: int, height: int) -> bytes:
    """Return a PNG whose header, with a correct checksum, declares a size that differs from its content."""
    head = b"IHDR" + struct.pack(">II", width, height) + PNG[24:29]
    return PNG[:12] + head + struct.pack(">I", zlib.crc32(head)) + PNG[33:]


def emptied(name: str) -> Spoil:
    """Leave one class folder without images, next to two with images."""
    return lambda path: (path.parent.parent / name).mkdir()


def one_class(path: Path) -> None:
    for file in (path.parent.parent / "dog").iterdir():
        file.rename(path.with_name(f"of the dog {file.name}"))
    (path.parent.parent / "dog").rmdir()


POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 4 5\n%%EndComments\n{} loop\n"
IMAGE: dict[str, Case] = {
    "empty": ("images", holding(b""), "not a readable image"),
    "text": ("images", holding(b"hello, world"), "not a readable image"),
    "truncated": ("images", holding(PNG[: len(PNG) - 20]), "not a readable image"),
    "header alone": ("images", holding(PNG[:33]), "not a readable image"),
    "bad CRC": ("images", holding(flipped(PNG, 45)), "not a readable image"),
    "huge dimensions": ("images", holding(resized(2**31 - 1, 2**31 - 1)), "not a readable image"),
    "no pixels": ("images", holding(resized(0, 5)), "not a readable image"),
    "larger than its content": ("images", holding(resized(4, 6)), "is 6x4, but the first"),
    "400 million pixels": ("images", holding(picture((20_000, 20_000), "1")), "not a readable image"),
    "400 million pixels in a TIFF": (
        "images",
        holding(picture((20_000, 20_000), "1", "TIFF", compression="group4")),
        "not a readable image",
    ),
    "two frames": (
        "images",
        holding(picture(kind="GIF", save_all=True, append_images=[Image.new("L", (4, 5), 200)])),
        "contains 2 images",
    ),
    "two frames of PNG": (
        "images",
        holding(picture(save_all=True, append_images=[Image.new("L", (4, 5), 7)])),
        "contains 2 images",
    ),
    "16 bits": ("images", holding(picture(mode="I;16")), "more than 8 bits"),
    "floats": ("images", holding(picture(mode="F", kind="TIFF")), "more than 8 bits"),
    "another size": ("images", holding(picture((5, 4))), "is 4x5, but the first"),
    "PostScript without an end": ("images", holding(POSTSCRIPT), "not a readable image; supported formats are BMP"),
    "an empty class": ("images", emptied("bird"), "bird"),
    "an empty last class": ("images", emptied("emu"), "emu"),
    "one class": ("images", one_class, "the same class"),
}


def replaced(make: Callable[[Path], object]) -> Spoil:
    """Replace the file with something else."""

    def spoil(path: Path) -> None:
        path.unlink()
        make(path)

    return spoil


PLACES: dict[str, Spoil] = {
    "a folder": replaced(Path.mkdir),
    "a loop of links": replaced(lambda path: path.symlink_to(path)),
    "a link to nowhere": replaced(lambda path: path.symlink_to("nowhere")),
    "a FIFO": replaced(os.mkfifo),
    "an endless device": replaced(lambda path: path.symlink_to("/dev/zero")),
    "a device without content": replaced(lambda path: path.symlink_to("/dev/null")),
    "a file nobody may read": lambda path: path.chmod(0),
}
NAMED = {"idx": STEMS[0], "mnist.npz": "mnist.npz", "npz": "mine.npz", "csv": "mine.csv", "images": "cat/1.png"}
PLACED = {
    f"{place} for {kind}": (kind, spoil, named) for place, spoil in PLACES.items() for kind, named in NAMED.items()
}
CASES = {
    f"{family}: {name}": case
    for family, cases in {
        "IDX": IDX,
        "gzip": GZIPPED,
        "npz": NPZ,
        "csv": CSV,
        "image": IMAGE,
        "place": PLACED,
    }.items()
    for name, case in cases.items()
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_with_a_line_that_names_it(name, tmp_path, call):
    kind, spoil, said = CASES[name]
    if "nobody may read" in name and os.geteuid() == 0:
        pytest.skip("root may read everything")
    path = WRITERS[kind](tmp_path)
    with warnings.catch_warnings():  # warnings of Pillow and zipfile about deliberate damage
        warnings.simplefilter("ignore")
        spoil(path)
    with pytest.raises(UserError, match=said) as caught:
        call(outcome, kind, tmp_path)
    message = str(caught.value)
    assert str(tmp_path) in message
    assert "\n" not in message
    assert len(message) < 1000
    assert not list(tmp_path.parent.rglob("payload"))
    assert not Path("payload").exists()


@pytest.mark.parametrize("kind", WRITERS)
def test_what_is_sound_is_loaded_by_the_same_call(kind, tmp_path, call):
    WRITERS[kind](tmp_path)
    assert len(call(outcome, kind, tmp_path)) == 64


def test_all_that_took_little_memory(call, measured):
    """This test is last, because it checks that the process was never near its limit in any of the tests above."""
    peak = call(peak_megabytes)
    measured(f"{len(CASES)} corruptions, each rejected in less than {SECONDS} s; at most {peak:.0f} MB in the process")
    assert peak < 800
