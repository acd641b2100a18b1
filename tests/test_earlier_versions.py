"""Runs and sweeps written by earlier commits: earlier/COMMIT.zip holds a sweep of two runs, one of them trained,
and a run that was interrupted after 5 of its 60 epochs, both with a tiny network on scikit-learn's digits.
"""

import zipfile
from pathlib import Path

import pytest
from rich.console import Console

from runner.config.identity import run_id
from runner.records.run_directory import RunDirectory
from runner.reporting.formats import Output
from runner.reporting.report import report
from runner.reproducibility.reproduce import Original, reproduce
from runner.sweeps.planning.plan import Plan
from runner.sweeps.resume import resume_run
from tests.imports import REPOSITORY

ARCHIVES = sorted((REPOSITORY / "tests" / "earlier").glob("*.zip"))
QUIET = Console(quiet=True)


@pytest.fixture(params=ARCHIVES, ids=lambda path: path.stem)
def earlier(request, tmp_path) -> Path:
    with zipfile.ZipFile(request.param) as archive:
        archive.extractall(tmp_path)
    return tmp_path


@pytest.fixture
def trained(earlier) -> Path:
    (run,) = earlier.glob("sweep/optimizer=sgd*")
    return run


def test_three_commits_are_kept():
    assert len(ARCHIVES) == 3


def test_their_runs_keep_their_ids(earlier, trained):
    for run in (trained, earlier / "interrupted"):
        directory = RunDirectory(run)
        assert run_id(directory.read_config()) == directory.read_record().run_id


def test_their_sweep_is_reported_on(earlier, trained):
    done = report([earlier / "sweep"], earlier / "report", output=Output({"csv", "table"}))
    assert done.results
    record = RunDirectory(trained).read_record()
    (row,) = done.results.summary.to_dict("records")
    assert (row["run_id"], row["test_accuracy"]) == (record.run_id, record.test["accuracy"])
    assert any("1 of 2" in caution or "1 planned run" in caution for caution in done.results.cautions)


def test_their_run_is_reproduced(earlier, trained, monkeypatch):
    # Another test may have started TensorFlow in this process with a different number of threads.
    monkeypatch.setattr(Original, "config_here", lambda original: original.config)
    reproduce(Original.read(trained), earlier / "again", QUIET, tolerance=0.02)  # raises Stopped if a metric differs


def test_their_interrupted_run_continues_where_it_stopped(earlier):
    directory = RunDirectory(earlier / "interrupted")
    before = directory.read_history()
    resume_run(directory.path, QUIET, ())
    assert directory.read_record().status == "completed"
    history = directory.read_history()
    assert (len(before), len(history)) == (5, 60)
    assert history[:5] == before  # old runs may lack metrics that are measured now
    assert {*history[5]} >= {*history[0]}


def test_the_sweep_of_the_oldest_is_resumed(earlier, quick_cli, request):
    if request.node.callspec.params["earlier"] != ARCHIVES[0]:
        pytest.skip("a pool costs seconds, and the plans have the same form")
    done = quick_cli("resume", "sweep", cwd=earlier)
    assert done.returncode == 0, done.stderr
    records = [RunDirectory(job.path(earlier / "sweep")).read_record() for job in Plan.read(earlier / "sweep").jobs]
    assert [record.status for record in records] == ["completed", "completed"]
