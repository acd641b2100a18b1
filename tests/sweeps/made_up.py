"""Made-up sweeps: plans and records without training."""

from pathlib import Path

from runner.config.options import LIST_GROUPS
from runner.records.job import Job
from runner.records.record import RunRecord
from runner.records.run_directory import RunDirectory


def job(variant="adam", seed=0, phase="final", point=(), epochs=10) -> Job:
    name = "-".join([variant, *point, phase, str(seed)])
    config = {group: [] for group in LIST_GROUPS} | {"training": {"epochs": epochs}}
    return Job(
        run_id=name, variant=variant, seed=seed, overrides=[], choices={}, config=config,
        directory=name, phase=phase, point=list(point), named=True,
    )  # fmt: skip


def record(made: Job, status="completed", error=None, seconds=20.0, **final) -> RunRecord:
    return RunRecord(
        run_id=made.run_id, name="run", label=made.variant, seed=made.seed, status=status, choices={}, overrides=[],
        dataset={"name": "d", "fingerprint": "f"}, device={}, versions={}, code={}, parameters=1,
        started="2026-01-01T00:00:00+00:00", final={"epoch": made.config["training"]["epochs"], **final},
        seconds={"train": seconds, "total": seconds}, error=error,
    )  # fmt: skip


def history(epochs: int) -> list[dict[str, float]]:
    return [{"epoch": epoch, "val_accuracy": epoch / 100, "seconds": 2.0} for epoch in range(1, epochs + 1)]


def end(made: Job, sweep: Path, status="completed", **values) -> None:
    """Write a run that has ended or, depending on its status, still claims to be running."""
    directory = RunDirectory(made.path(sweep))
    directory.path.mkdir(parents=True, exist_ok=True)
    directory.write_record(record(made, status, **values))
