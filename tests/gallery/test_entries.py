"""The entries that are found, and their descriptions."""

import shutil
from pathlib import Path

import pytest

from runner.core.lock import run_lock
from runner.gallery import entries as module
from runner.gallery.entries import Entries
from tests.gallery.conftest import JOBS, report_on, study
from tests.sweeps.made_up import end


def found(root: Path) -> dict[str, object]:
    return {entry.path.name: entry for entry in Entries(root).read()}


def test_every_study_sweep_report_and_run_is_an_entry_with_its_state(outputs):
    states = {name: (entry.kind, entry.state) for name, entry in found(outputs).items()}
    assert states == {
        "done": ("study", "complete"),
        "stopped": ("study", "interrupted"),
        "wrong": ("study", "failed"),
        "planned": ("study", "planned"),
        "torn": ("sweep", "unreadable"),
        "refused": ("sweep", "unreadable"),
        "paper": ("report", "complete"),
        "single": ("run", "complete"),
        "failed": ("run", "failed"),
        "begun": ("run", "interrupted"),
        "broken": ("run", "unreadable"),
    }


def test_counts_of_runs_and_errors_are_the_details(outputs):
    details = {name: entry.detail for name, entry in found(outputs).items()}
    assert details["done"] == "4 runs"
    assert details["stopped"] == "2 of 4 runs"
    assert details["wrong"] == "3 of 4 runs, 1 failed"
    assert details["single"] == "2 epochs"
    assert details["failed"].startswith("E: <script>")
    assert "record.json" in details["broken"]
    assert "plan.json" in details["torn"]


def test_a_run_that_a_process_trains_makes_its_study_running(outputs):
    stopped = outputs / "studies" / "stopped"
    with run_lock(stopped / JOBS[2].directory):
        assert found(outputs)["stopped"].state == "running"
        assert found(outputs)["stopped"].detail == "2 of 4 runs, 1 running"
    assert found(outputs)["stopped"].state == "interrupted"


def test_commands_continue_the_runs_and_make_the_report(outputs, monkeypatch):
    monkeypatch.chdir(outputs.parent)
    commands = {name: list(entry.commands) for name, entry in found(outputs).items()}
    assert commands["done"] == []
    assert commands["stopped"] == ["runner resume outputs/studies/stopped", "runner report outputs/studies/stopped"]
    assert commands["planned"] == ["runner resume outputs/sweeps/planned"]
    assert commands["single"] == ["runner report outputs/runs/single --format html"]


def test_a_report_is_old_once_a_run_has_ended_otherwise(outputs):
    done = outputs / "studies" / "done"
    assert found(outputs)["done"].report == "current"
    end(JOBS[3], done, "diverged")
    assert found(outputs)["done"].report == "old"
    report_on(done, statuses=("completed", "completed", "completed", "diverged"))
    assert found(outputs)["done"].report == "current"
    (done / "index.html").unlink()
    assert found(outputs)["done"].report == "none"


def test_curves_are_drawn_until_there_are_comparisons(outputs):
    entries = found(outputs)
    assert entries["done"].curves is None
    assert entries["stopped"].curves.metric == "val_accuracy"
    assert [len(line) for line in entries["stopped"].curves.lines] == [3, 3, 3]
    assert entries["single"].curves.lines == [[(1.0, 0.5), (2.0, 0.9)]]


def test_date_and_commit_come_from_the_records(outputs, tmp_path):
    make = study(tmp_path / "own", ["completed"] * 4)
    entry = found(make)["own"]
    assert (entry.date, entry.commit) == ("2026-01-01 00:00", "")


def test_links_are_left_out_and_named(outputs):
    entries = Entries(outputs)
    assert "linked" not in {entry.path.name for entry in entries.read()}
    assert entries.left_out.reasons == [f"{outputs}/studies/linked: a link to a directory, which is not followed"]


def test_only_what_has_changed_is_read_again(outputs, monkeypatch):
    entries = Entries(outputs)
    before = entries.read()
    read = []
    for name in ("_sweep", "_run_or_report"):
        function = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda path, *rest, function=function: read.append(path.name) or function(path, *rest)
        )
    assert entries.read() == before
    assert read == []
    end(JOBS[3], outputs / "studies" / "stopped", "completed")
    shutil.rmtree(outputs / "runs" / "single")
    after = entries.read()
    assert read == ["stopped"]
    assert len(after) == len(before) - 1


@pytest.mark.parametrize("root", ["studies/done", "runs/single"])
def test_the_root_may_be_an_entry_itself(outputs, root):
    assert [entry.path for entry in Entries(outputs / root).read()] == [outputs / root]
