"""Folder of made-up studies, sweeps and runs in all states; nothing is trained."""

from pathlib import Path

import pytest

from runner.core.write import write_csv
from runner.sweeps.planning.plan import Plan
from tests.reporting.conftest import run_maker
from tests.sweeps.made_up import end, history, job

HOSTILE = "<script>alert(1)</script>"
JOBS = [job(variant, seed) for variant in ("adam", "sgd") for seed in (0, 1)]


def study(sweep: Path, states: list[str], question: str | None = None, jobs=JOBS) -> Path:
    """Write a study of four runs; a run whose state is "" has not started."""
    Plan(jobs, {"question": question, "variants": {"adam": [], "sgd": []}}, command=["study=s"]).write(sweep)
    for one, state in zip(jobs, states, strict=True):
        if state:
            end(one, sweep, state, error="OSError: gone" if state == "failed" else None)
            write_csv(sweep / one.directory / "history.csv", history(3))
    return sweep


def report_on(sweep: Path, verdict: str = "lower", statuses=("completed",) * 4, **others: object) -> None:
    """Write those tables of a report that the gallery reads, and its page."""
    row = {
        "variant": "sgd", "baseline": "adam", "metric": "test_accuracy", "difference": -0.0125, "ci_low": -0.02,
        "ci_high": -0.005, "verdict": verdict, "reason": "", "looks": 0,
    }  # fmt: skip
    write_csv(sweep / "comparisons.csv", [row | others])
    write_csv(sweep / "aggregate.csv", [{"variant": "adam", "metric": "test_accuracy", "mean": 0.97, "n": 2}])
    runs = zip(JOBS, statuses, strict=True)
    write_csv(sweep / "summary.csv", [{"run_id": one.run_id, "status": status} for one, status in runs])
    (sweep / "index.html").write_text("<title>the report</title>")


class Clock:
    """The server's clock, which the test sets: the server searches the directory every two seconds."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outputs(tmp_path) -> Path:
    """A folder with a study in each state, single runs, a report on several runs, and broken entries."""
    root = tmp_path / "outputs"
    report_on(study(root / "studies" / "done", ["completed"] * 4, f"Is sgd worse? {HOSTILE}"))
    study(root / "studies" / "stopped", ["completed", "completed", "running", ""], "Will it end?")
    study(root / "studies" / "wrong", ["completed", "completed", "completed", "failed"])
    study(root / "sweeps" / "planned", [""] * 4)
    make_run = run_maker(root / "runs")
    make_run("single", overrides=["optimizer=sgd"], accuracies=[0.5, 0.9])
    make_run("failed", status="failed", error=f"E: {HOSTILE}\n")
    (root / "runs" / "begun" / ".hydra").mkdir(parents=True)
    (make_run("broken") / "record.json").write_text("{")
    (root / "studies" / "torn").mkdir()
    (root / "studies" / "torn" / "plan.json").write_text('{"jobs": [')
    (root / "studies" / "refused").mkdir()
    (root / "studies" / "refused" / "multirun.yaml").write_text("")
    (root / "paper").mkdir()
    report_on(root / "paper")
    (root / "notes").mkdir()
    (root / "notes" / "todo.html").write_text("mine")
    (root / "studies" / "linked").symlink_to(root / "studies" / "done")
    return root
