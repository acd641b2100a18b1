"""Made-up run directories, with the files that a training run writes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.core.write import write_csv
from runner.records.run_directory import RunDirectory
from runner.reporting import report
from runner.reporting.statistics import comparisons as statistics
from runner.reporting.statistics import percentile_bootstrap, stratified
from runner.reporting.statistics.significance import dataset_tests

MakeRun = Callable[..., Path]


@pytest.fixture
def few_resamples(monkeypatch) -> None:
    """Compute intervals from a few resamples, because the usual number takes a third of a second for each."""
    monkeypatch.setattr(statistics, "_RESAMPLES", 99)
    monkeypatch.setattr(percentile_bootstrap, "RESAMPLES", 99)
    monkeypatch.setattr(stratified, "RESAMPLES", 99)
    monkeypatch.setattr(dataset_tests, "_DRAWS", 999)


@pytest.fixture
def undrawn(monkeypatch) -> None:
    """Leave out the figures of a report's page, which take most of its time."""
    monkeypatch.setattr(report, "report_figures", lambda *_, **__: ())


@pytest.fixture
def make_run(tmp_path) -> MakeRun:
    """make_run("sweep/0", overrides=[...], seed=0, accuracies=[...], predictions={...}) -> the run's directory.

    Additional arguments are fields of its record.
    """
    return run_maker(tmp_path)


def run_maker(base: Path) -> MakeRun:
    """Return `make_run` for runs in and below a directory."""

    def make(
        name,
        overrides=(),
        seed=0,
        accuracies=(0.5, 0.75),
        fingerprint="f" * 64,
        dataset="mnist",
        status="completed",
        predictions=None,
        label=None,
        error=None,
        **others,
    ):
        directory = base / name
        directory.mkdir(parents=True)
        history = [
            {"epoch": epoch, "loss": 1 / epoch, "accuracy": value - 0.1, "val_loss": 2 / epoch, "val_accuracy": value}
            for epoch, value in enumerate(accuracies, start=1)
        ]
        write_csv(directory / "history.csv", history)
        values = {
            "run_id": f"{abs(hash(name)):012x}"[:12],
            "name": "run",
            "seed": seed,
            "status": status,
            "choices": {},
            "overrides": list(overrides),
            "dataset": {"name": dataset, "fingerprint": fingerprint, "test": 10_000},
            "device": {},
            "versions": {},
            "code": {},
            "parameters": 10,
            "started": "2026-01-01T00:00:00+00:00",
            "final": history[-1],
            "best": history[-1],
            "test": {"accuracy": accuracies[-1], "loss": 0.5} if status == "completed" else {},
            "label": label,
            "error": error,
            **others,
        }
        (directory / "record.json").write_text(json.dumps(values))
        if predictions:
            RunDirectory(directory).write_predictions(**predictions)
        return directory

    return make
