"""Contents that an untrusted bundle may have; with any other content, nothing is written."""

import hashlib
import stat
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import yaml

from runner.cli.commands.reproducibility import reproduce_command
from runner.core.errors import UserError
from runner.reproducibility import unpack as module
from runner.reproducibility.reproduce import run_of_row
from runner.reproducibility.unpack import check_bundle, only_run, unpack, unpacked
from tests.composed import config

SOUND = {"results/record.json": b"{}", "results/run.log": b"said\n" * 20}
PLACEHOLDER = "results/PLACEHOLD"  # a name of 17 bytes, which a test replaces in the archive


def sums_of(files) -> bytes:
    return "".join(f"{hashlib.sha256(text).hexdigest()}  {name}\n" for name, text in files.items()).encode()


def bundle_of(path: Path, files=SOUND, *others: zipfile.ZipInfo) -> Path:
    """Write a bundle of the files; the other entries are empty."""
    listed = files | {entry.filename: b"" for entry in others}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (files | {"SHA256SUMS": sums_of(listed)}).items():
            archive.writestr(name, text)
        for entry in others:
            archive.writestr(entry, b"")
    return path


def said_of(path: Path) -> str:
    """Return the reason for refusing a bundle; nothing may be written."""
    out = path.parent / "out"
    out.mkdir()
    before = {*path.parent.rglob("*")}
    with pytest.raises(UserError, match=r"rejected, and nothing was unpacked") as refused:
        unpack(path, out)
    assert {*path.parent.rglob("*")} == before
    return str(refused.value)


def of_kind(mode: int, name: str = "results/odd") -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr = 3, mode << 16
    return entry


def test_a_sound_bundle_is_unpacked_byte_for_byte(tmp_path):
    unpack(bundle_of(tmp_path / "b.zip"), tmp_path / "out")
    found = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert found == {*SOUND, "SHA256SUMS"}
    assert all((tmp_path / "out" / name).read_bytes() == text for name, text in SOUND.items())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../out.txt", "a path with . or .."),
        ("results/../../out.txt", "a path with . or .."),
        ("results/./a", "a path with . or .."),
        ("results//a", "an empty part"),
        ("/etc/cron.d/job", "an absolute path"),
        ("//host/share/file", "an absolute path"),
        ("C:/windows/file", "an absolute path"),
        ("c:file", "an absolute path"),
        ("..\\out.txt", "a backslash"),
        ("results\\a", "a backslash"),
        ("results/\x1b[31mred", "cannot be shown"),
        ("results/a\nb", "cannot be shown"),
        ("results/\u202etxt.exe", "cannot be shown"),
        ("results/folder/", "only files are allowed"),
        ("results/" + "a" * 256, "more than 255 bytes"),
        ("results/" + "\N{GREEK SMALL LETTER ALPHA}" * 128, "more than 255 bytes"),
        ("results/" + "/".join(["a" * 200] * 6), "more than 1,024 bytes"),
        ("results/" + "a/" * 40 + "a", "32 parts"),
    ],
)
def test_a_name_that_is_no_plain_relative_path_is_refused(tmp_path, name, said):
    assert said in said_of(bundle_of(tmp_path / "b.zip", SOUND, zipfile.ZipInfo(name)))


def test_a_name_that_continues_after_a_nul_is_refused(tmp_path):
    path = bundle_of(tmp_path / "b.zip", SOUND, zipfile.ZipInfo(PLACEHOLDER))
    path.write_bytes(path.read_bytes().replace(PLACEHOLDER.encode(), b"results/a\0../../x"))
    assert "cannot be shown" in said_of(path)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_a_link_a_folder_and_a_device_are_refused(tmp_path, kind):
    assert "only files are allowed" in said_of(bundle_of(tmp_path / "b.zip", SOUND, of_kind(kind | 0o777)))


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("results/a", "results/a", "appears twice"),
        ("results/a", "RESULTS/A", "appears twice"),
        ("results/\u00e9", "results/e\u0301", "appears twice"),
        ("results/a", "results/a/b", "both a file and a folder"),
        ("results/a/b", "results/A", "both a file and a folder"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_entries_for_one_place_are_refused(tmp_path, first, second, said):
    path = bundle_of(tmp_path / "b.zip", SOUND, zipfile.ZipInfo(first), zipfile.ZipInfo(second))
    assert said in said_of(path)


def test_an_encrypted_entry_is_refused(tmp_path):
    entry = zipfile.ZipInfo(PLACEHOLDER)
    path = bundle_of(tmp_path / "b.zip", SOUND, entry)
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1  # the flags of the last entry
    path.write_bytes(data)
    assert "encrypted" in said_of(path)


def test_a_compression_that_may_expand_without_limit_is_refused(tmp_path):
    path = tmp_path / "b.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("results/a", b"")
    assert "a compression method that bundles do not use" in said_of(path)


class TestBounds:
    def test_too_many_entries_are_refused_before_they_are_listed(self, tmp_path, monkeypatch):
        monkeypatch.setattr(module, "MOST_FILES", 2)
        monkeypatch.setattr(zipfile, "ZipFile", None)
        path = tmp_path / "b.zip"
        path.write_bytes(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 3, 3, 0, 0, 0))
        assert "3 entries; at most 2 are allowed" in said_of(path)

    def test_entries_that_the_end_does_not_count_are_refused(self, tmp_path, monkeypatch):
        path = bundle_of(tmp_path / "b.zip")
        monkeypatch.setattr(module, "MOST_FILES", 2)
        data = bytearray(path.read_bytes())
        data[-14:-10] = struct.pack("<2H", 1, 1)
        path.write_bytes(data)
        assert "3 entries; at most 2" in said_of(path)

    def test_a_list_of_entries_that_does_not_fit_into_memory_is_refused(self, tmp_path):
        path = tmp_path / "b.zip"
        path.write_bytes(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 2**31, 0, 0))
        assert "bytes; at most 16,777,216 are allowed" in said_of(path)

    def test_sizes_of_64_bits_are_refused(self, tmp_path):
        path = bundle_of(tmp_path / "b.zip")
        data = path.read_bytes()
        path.write_bytes(data[:-22] + struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1) + data[-22:])
        assert "64-bit" in said_of(path)

    @pytest.mark.parametrize(
        ("limit", "said"), [("LARGEST_FILE", "1,001 bytes; at most 1,000"), ("LARGEST_BUNDLE", "after decompression")]
    )
    def test_too_many_declared_bytes_are_refused(self, tmp_path, monkeypatch, limit, said):
        path = bundle_of(tmp_path / "b.zip", {"results/a": bytes(1001)})
        monkeypatch.setattr(module, limit, 1000)
        assert said in said_of(path)

    def test_an_archive_that_is_itself_too_large_is_refused(self, tmp_path, monkeypatch):
        path = bundle_of(tmp_path / "b.zip")
        monkeypatch.setattr(module, "LARGEST_BUNDLE", path.stat().st_size - 1)
        assert "at most" in said_of(path)

    def test_a_bomb_is_refused_by_its_ratio(self, tmp_path, monkeypatch):
        path = bundle_of(tmp_path / "b.zip", {"results/a": bytes(2**20)})
        check_bundle(path)  # a small file may have any compression ratio
        monkeypatch.setattr(module, "_FREE_OF_RATIO", 2**19)
        assert "at most 200 times" in said_of(path)

    def test_a_bomb_is_refused_whatever_compressed_size_it_declares(self, tmp_path, monkeypatch):
        path = bundle_of(tmp_path / "b.zip", {"results/a": bytes(2**20)}, zipfile.ZipInfo("results/b"))
        data = bytearray(path.read_bytes())
        last = data.rindex(b"PK\x01\x02")
        data[last + 20 : last + 24] = struct.pack("<L", 2**20)
        path.write_bytes(data)
        monkeypatch.setattr(module, "_FREE_OF_RATIO", 2**19)
        assert "at most 200 times" in said_of(path)

    @pytest.mark.parametrize("declared", [0, 10, 10_000])
    def test_a_size_that_is_not_the_declared_one_is_refused(self, tmp_path, declared):
        path = bundle_of(tmp_path / "b.zip", {"results/a": b"0123456789" * 9})
        data = bytearray(path.read_bytes())
        first = data.index(b"PK\x01\x02")
        data[first + 24 : first + 28] = struct.pack("<L", declared)
        path.write_bytes(data)
        said_of(path)


class TestContents:
    @pytest.mark.parametrize(
        "data", [b"", b"PK", b"text\n" * 100, bytes(100)], ids=["empty", "two bytes", "text", "zeros"]
    )
    def test_what_is_no_archive_is_refused(self, tmp_path, data):
        (tmp_path / "b.zip").write_bytes(data)
        assert "not a ZIP archive" in said_of(tmp_path / "b.zip")

    def test_half_a_bundle_is_refused(self, tmp_path):
        path = bundle_of(tmp_path / "b.zip")
        path.write_bytes(path.read_bytes()[:-30])
        assert "not a ZIP archive" in said_of(path)

    @pytest.mark.parametrize("names", [["results/a"], ["a", "SHA256SUMS"]])
    def test_an_archive_of_other_things_is_no_bundle(self, tmp_path, names):
        path = tmp_path / "b.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, b"")
        assert "not a bundle" in said_of(path)

    def test_an_entry_that_is_not_listed_is_refused(self, tmp_path):
        path = bundle_of(tmp_path / "b.zip")
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("results/more", b"")
        assert "entry results/more: the entries are not those" in said_of(path)

    def test_a_changed_file_is_refused(self, tmp_path):
        path = tmp_path / "b.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in (SOUND | {"results/record.json": b"[]", "SHA256SUMS": sums_of(SOUND)}).items():
                archive.writestr(name, text)
        assert "entry results/record.json: changed or damaged" in said_of(path)

    def test_a_flipped_bit_anywhere_is_refused_or_changes_no_file(self, tmp_path):
        path = bundle_of(tmp_path / "b.zip")
        sound = path.read_bytes()
        for number, place in enumerate(np.random.default_rng(0).choice(len(sound), 300)):
            path.write_bytes(sound[:place] + bytes([sound[place] ^ 1 << number % 8]) + sound[place + 1 :])
            out = tmp_path / f"out{number}"
            try:
                unpack(path, out)
            except UserError:
                assert not out.exists()
            else:
                assert all((out / name).read_bytes() == text for name, text in SOUND.items())


class TestRuns:
    def test_the_only_run_needs_no_row(self, tmp_path):
        assert only_run(self.results(tmp_path / "a", "record.json")) == tmp_path / "a" / "results"
        assert only_run(self.results(tmp_path / "b", "x/record.json")) == tmp_path / "b" / "results" / "x"

    def test_several_runs_need_a_row_and_the_number_of_rows_is_told(self, tmp_path):
        results = self.results(tmp_path, "x/record.json", "y/record.json")
        with pytest.raises(UserError, match=r"contains 2 runs and no report; unpack it"):
            only_run(results)
        (results / "summary.csv").write_text("run_id\n1\n2\n3\n")  # a run may have two rows
        with pytest.raises(UserError, match=r"contains 2 runs; choose one: --row N, from 1 to 3"):
            only_run(results)

    def test_a_message_about_a_bundle_names_the_bundle(self, tmp_path):
        path = bundle_of(tmp_path / "b.zip", {"results/summary.csv": b"run_id\n1\n"})
        with (
            pytest.raises(UserError, match=rf"^--row 2: {path}/results/summary.csv has 1 row$"),
            unpacked(path) as results,
        ):
            run_of_row(results, 2)
        assert not results.exists()

    def test_the_classes_of_a_bundle_are_trusted_only_as_on_the_command_line(self, sweep, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        files = {f"results/{name}": (sweep / "sgd-0" / name).read_bytes() for name in ("record.json", "history.csv")}
        own = config("dataset=digits") | {"callbacks": {"own": {"_target_": "own_code.Own"}}}
        files["results/config.yaml"] = yaml.safe_dump(own).encode()
        files["code/packages/own_code.py"] = b"raise AssertionError\n"
        path = bundle_of(tmp_path / "b.zip", files)
        with pytest.raises(UserError, match=r"^callbacks\.own\._target_=own_code\.Own: refused"):
            reproduce_command([str(path)])
        with pytest.raises(UserError, match="own_code"):  # the bundle's own code is not found
            reproduce_command([str(path), "trusted_packages=[own_code]"])
        assert not list(tmp_path.glob("outputs/reproduced/*/*"))

    def test_a_missing_bundle_is_named(self, tmp_path):
        with pytest.raises(UserError, match=r"b.zip: no such file$"), unpacked(tmp_path / "b.zip"):
            pass

    @staticmethod
    def results(root: Path, *files: str) -> Path:
        for name in files:
            (root / "results" / name).parent.mkdir(parents=True, exist_ok=True)
            (root / "results" / name).write_text("{}")
        return root / "results"
