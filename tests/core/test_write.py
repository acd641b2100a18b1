import csv
import os

import pytest

from runner.core.write import leftovers, remove_leftovers, set_aside, whole_file, write_csv, write_json, write_text


def test_a_file_appears_whole_under_its_name(tmp_path):
    path = tmp_path / "model.keras"
    with whole_file(path) as temporary:
        temporary.write_text("all of it")
        assert temporary.suffix == ".keras"
        assert not path.exists()
    assert path.read_text() == "all of it"
    assert os.listdir(tmp_path) == ["model.keras"]  # noqa: PTH208


def test_a_writer_that_fails_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("before")

    def write_half():
        with whole_file(path) as temporary:
            temporary.write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_half()
    assert path.read_text() == "before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["history.csv"]


@pytest.mark.parametrize(
    "write",
    [
        lambda path: write_text(path, "after"),
        lambda path: write_json(path, {"after": 1}),
        lambda path: write_csv(path, [{"after": 1}]),
    ],
    ids=["text", "json", "csv"],
)
def test_a_file_is_replaced_and_never_rewritten_in_place(tmp_path, write):
    path, link = tmp_path / "file", tmp_path / "link"
    path.write_text("before")
    link.hardlink_to(path)
    write(path)
    assert "after" in path.read_text()
    assert link.read_text() == "before"


def test_leftovers_of_processes_that_are_gone_are_removed_and_those_of_others_stay(tmp_path):
    with whole_file(tmp_path / "history.csv") as mine:
        mine.touch()
        machine, process = mine.suffixes[-2][1:].split("-")
        assert int(process) == os.getpid()
        dead = 2**22 + 1  # longer than Linux allows
        for name in (f".state.{machine}-{dead}.npz", f".record.00000000-{dead}.json", ".lock", ".hidden.csv"):
            (tmp_path / name).touch()
        remove_leftovers(tmp_path)
        left = {path.name for path in tmp_path.iterdir()}
        assert left == {mine.name, f".record.00000000-{dead}.json", ".lock", ".hidden.csv"}


def test_a_directory_that_was_set_aside_is_a_leftover_once_its_process_is_gone(tmp_path, monkeypatch):
    (tmp_path / "lr=0.1_seed0").mkdir()
    aside = set_aside(tmp_path / "lr=0.1_seed0")
    assert leftovers(tmp_path) == []
    monkeypatch.setattr("psutil.pid_exists", lambda _: False)
    assert leftovers(tmp_path) == [aside]
    remove_leftovers(tmp_path)  # removes only files; otherwise it could break a run that is still writing
    assert aside.exists()


def test_a_table_has_the_columns_of_all_its_rows(tmp_path):
    write_csv(tmp_path / "t.csv", [{"a": 1, "b": "x,y"}, {"a": 2, "c": 'says "so"'}])
    with (tmp_path / "t.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows == [{"a": "1", "b": "x,y", "c": ""}, {"a": "2", "b": "", "c": 'says "so"'}]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_stays_standard(tmp_path, value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "record.json", {"loss": value})
    assert list(tmp_path.iterdir()) == []
