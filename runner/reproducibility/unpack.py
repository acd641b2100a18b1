"""Safe unpacking of a bundle from an untrusted source: nothing is written unless every entry passes the checks."""

import hashlib
import io
import re
import shutil
import stat
import struct
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from runner.core.errors import EnvironmentFault, UserError, writing
from runner.core.read import MEGABYTE, read_rows
from runner.core.text import counted, shortened
from runner.records.run_directory import RunDirectory

RESULTS = "results"  # folder of the run or sweep in a bundle
SUMS = "SHA256SUMS"
MOST_FILES = 60_000
LARGEST_FILE = 512 * MEGABYTE  # the same as for a run's predictions
LARGEST_BUNDLE = 2048 * MEGABYTE  # after decompression; without its 64-bit extension, the format is limited to 4 GB
_MOST_CONTENTS = 16 * MEGABYTE  # size of the archive's list of entries, which zipfile reads into memory, and of SUMS
_MOST_RATIO, _FREE_OF_RATIO = 200, 64 * MEGABYTE  # records are compressed to a tenth, a zip bomb to a thousandth
_LONGEST_NAME, _LONGEST_PART, _DEEPEST = 1024, 255, 32  # units: bytes, bytes, folders
_QUOTED = 100  # characters of a name in a message
_CHUNK = MEGABYTE
_END, _END_SIZE, _LOCATOR_64, _LOCATOR_64_SIZE = b"PK\x05\x06", 22, b"PK\x06\x07", 20
_ENCRYPTED = 0x1
_DOS_DIRECTORY = 0x10
_DRIVE = re.compile(r"[A-Za-z]:")
_SUM = re.compile(r"([0-9a-f]{64})  (.+)")


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Yield the results of a bundle, unpacked into a temporary directory that is removed at the end.

    In the message of a UserError raised in the block, the bundle's path replaces that of the temporary directory.

    Raises:
        UserError: if the file is not a bundle, or one of its entries is rejected.
    """
    with tempfile.TemporaryDirectory(prefix="runner-") as temporary:
        root = Path(temporary)
        unpack(path, root)
        try:
            yield root / RESULTS
        except EnvironmentFault:
            raise
        except UserError as error:
            raise UserError(str(error).replace(str(root), str(path))) from error


def unpack(path: Path, out: Path) -> None:
    """Write a bundle's files into an empty directory, after checking all of them.

    Raises:
        UserError: if the file is not a bundle, or one of its entries is rejected; nothing was written.
        EnvironmentFault: if a file cannot be written.
    """
    if not path.is_file():  # opening a pipe would block
        raise UserError(f"{path}: no such file")
    try:
        with _checked(path) as (archive, entries):
            for entry in entries:
                _extract(archive, entry, out / entry.filename)
    except ValueError as error:
        raise UserError(f"{path}: rejected, and nothing was unpacked: {error}") from error


def check_bundle(path: Path) -> None:
    """Check every entry of a bundle, and its contents against its checksums, without writing anything.

    Raises:
        ValueError: if the file is not a bundle, or one of its entries is rejected, naming the entry.
    """
    with _checked(path):
        pass


def only_run(results: Path) -> Path:
    """Return the directory of the only run in a bundle's results.

    Raises:
        UserError: if there is none, or more than one; the message gives the number of rows.
    """
    if RunDirectory(results).record_path.exists():
        return results
    runs = sorted(record.parent for record in results.glob("*/record.json"))
    if len(runs) == 1:
        return runs[0]
    bundle, held = results.parent, counted(len(runs), "run") if runs else "no run"
    try:
        rows = len(read_rows(results / "summary.csv"))
    except (FileNotFoundError, ValueError):
        rows = 0
    if not rows:
        raise UserError(f"{bundle}: contains {held} and no report; unpack it, and give the directory of one run")
    raise UserError(
        f"{bundle}: contains {held}; choose one: --row N, from 1 to {rows} (the rows of {RESULTS}/summary.csv)"
    )


@contextmanager
def _checked(path: Path) -> Iterator[tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]]:
    """Open an archive, and yield it with its entries after each has been read once and has passed the checks.

    The end of the file is checked first, because zipfile reads the list of entries into memory.
    """
    with ExitStack() as stack:
        try:
            stream = stack.enter_context(path.open("rb"))
            packed = _packed_size(stream)
            archive = stack.enter_context(zipfile.ZipFile(stream))
            entries = archive.infolist()
            _refuse_entries(entries, packed)
            _refuse_other_contents(archive, entries)
        except Exception as error:  # zipfile, zlib and struct raise many types of exception
            raise ValueError(shortened(str(error)) or type(error).__name__) from error
        yield archive, entries


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as source, target.open("xb") as written:
            shutil.copyfileobj(source, written, _CHUNK)


def _packed_size(stream: IO[bytes]) -> int:
    """Return the size of an archive, after checking that its end declares a bounded list of entries."""
    size = stream.seek(0, io.SEEK_END)
    if size > LARGEST_BUNDLE:
        raise ValueError(f"{size:,} bytes; at most {LARGEST_BUNDLE:,} are allowed")
    stream.seek(max(0, size - _LOCATOR_64_SIZE - _END_SIZE))
    tail = stream.read()
    end = tail[-_END_SIZE:]
    if len(end) < _END_SIZE or not end.startswith(_END) or not end.endswith(b"\0\0"):
        raise ValueError("not a ZIP archive, or damaged, or with a comment")
    if tail.startswith(_LOCATOR_64):
        raise ValueError("a ZIP archive with 64-bit sizes")
    *_, entries, contents, _, _ = struct.unpack("<4s4H2LH", end)
    if entries > MOST_FILES:
        raise ValueError(f"{entries:,} entries; at most {MOST_FILES:,} are allowed")
    if contents > _MOST_CONTENTS:
        raise ValueError(f"a list of entries of {contents:,} bytes; at most {_MOST_CONTENTS:,} are allowed")
    return size


def _refuse_entries(entries: Sequence[zipfile.ZipInfo], packed: int) -> None:
    """Check everything declared by the entries of an archive whose size is `packed` bytes."""
    if len(entries) > MOST_FILES:
        raise ValueError(f"{len(entries):,} entries; at most {MOST_FILES:,} are allowed")
    for entry in entries:
        if reason := _bad_name(entry.orig_filename) or _bad_kind(entry):
            raise ValueError(f"entry {_quoted(entry.orig_filename)}: {reason}")
    _refuse_same_place([entry.filename for entry in entries])
    size = sum(entry.file_size for entry in entries)
    if size > LARGEST_BUNDLE:
        raise ValueError(f"{size:,} bytes after decompression; at most {LARGEST_BUNDLE:,} are allowed")
    if size > _FREE_OF_RATIO and size > _MOST_RATIO * packed:
        raise ValueError(
            f"{size:,} bytes from {packed:,} compressed ones; at most {_MOST_RATIO} times the compressed size is "
            "allowed"
        )


def _bad_name(name: str) -> str | None:
    """Return the reason for rejecting an entry's name; None if it is a plain relative path."""
    if not name.isprintable():
        return "a character in its name that cannot be shown"
    if "\\" in name:
        return "a backslash in its name"
    if name.startswith("/") or _DRIVE.match(name):
        return "an absolute path"
    if name.endswith("/"):
        return "a folder; only files are allowed"
    parts = name.split("/")
    if {"", ".", ".."} & {*parts}:
        return "a path with . or .. or an empty part"
    if len(name.encode()) > _LONGEST_NAME or len(parts) > _DEEPEST:
        return f"a path of more than {_LONGEST_NAME:,} bytes or {_DEEPEST} parts"
    if any(len(part.encode()) > _LONGEST_PART for part in parts):
        return f"a name of more than {_LONGEST_PART} bytes"
    return None


def _bad_kind(entry: zipfile.ZipInfo) -> str | None:
    """Return the reason for rejecting an entry with a plain name; None if it is an ordinary file."""
    mode = stat.S_IFMT(entry.external_attr >> 16)
    if mode not in (0, stat.S_IFREG) or entry.external_attr & _DOS_DIRECTORY:
        return "a link, folder or device; only files are allowed"
    if entry.flag_bits & _ENCRYPTED:
        return "encrypted"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "a compression method that bundles do not use"
    if entry.file_size > LARGEST_FILE:
        return f"{entry.file_size:,} bytes; at most {LARGEST_FILE:,} are allowed"
    return None


def _refuse_same_place(names: Sequence[str]) -> None:
    """Reject names that mean the same file, or a file and its own folder, on a file system that ignores case."""
    files: set[str] = set()
    folders: set[str] = set()
    for name in names:
        place = unicodedata.normalize("NFC", name).casefold()
        if place in files:
            raise ValueError(f"entry {_quoted(name)}: appears twice")
        files.add(place)
        parts = place.split("/")
        folders |= {"/".join(parts[:number]) for number in range(1, len(parts))}
    if both := files & folders:
        raise ValueError(f"entry {_quoted(min(both))}: both a file and a folder")


def _refuse_other_contents(archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo]) -> None:
    """Read every entry to its end, and compare its checksum with the one that the bundle lists."""
    names = [entry.filename for entry in entries]
    if SUMS not in names or not any(name.startswith(f"{RESULTS}/") for name in names):
        raise ValueError("not a bundle: `runner bundle` writes one")
    expected = _listed_sums(archive)
    if odd := ({*names} - {SUMS}) ^ expected.keys():
        raise ValueError(f"entry {_quoted(min(odd))}: the entries are not those that {SUMS} lists")
    for entry in entries:
        digest, size = _digest(archive, entry)
        if size != entry.file_size:
            raise ValueError(f"entry {_quoted(entry.filename)}: {size:,} bytes, not {entry.file_size:,}")
        if entry.filename != SUMS and digest != expected[entry.filename]:
            raise ValueError(f"entry {_quoted(entry.filename)}: changed or damaged; its checksum is not in {SUMS}")


def _listed_sums(archive: zipfile.ZipFile) -> Mapping[str, str]:
    if archive.getinfo(SUMS).file_size > _MOST_CONTENTS:
        raise ValueError(f"{SUMS}: at most {_MOST_CONTENTS:,} bytes are allowed")
    lines = archive.read(SUMS).decode().split("\n")[:-1]
    found = [_SUM.fullmatch(line) for line in lines]
    if not all(found):
        raise ValueError(f"{SUMS}: a line is not a checksum and a name")
    return {one[2]: one[1] for one in found if one}


def _digest(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with archive.open(entry) as stream:  # it yields no more than the declared size
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size


def _quoted(name: str) -> str:
    return shortened(name if len(name) <= _QUOTED else f"{name[:_QUOTED]}...") or "without a name"
