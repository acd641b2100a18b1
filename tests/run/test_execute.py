from types import SimpleNamespace

from rich.console import Console

from runner.records.run_directory import RunDirectory
from runner.run.ending import Attempt
from runner.run.execute import _write_results
from tests.sweeps.made_up import job, record


def test_what_is_drawn_at_the_end_is_of_a_run_with_its_status(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr("runner.reporting.report.report_run", lambda _, record, left_out: drawn.append(record.status))
    attempt = Attempt(record(job(), "running"))
    attempt.status = "diverged"
    parts = SimpleNamespace(examples=None)
    _write_results(attempt, parts, RunDirectory(tmp_path), Console(quiet=True), figures=True)
    assert drawn == ["diverged"]
