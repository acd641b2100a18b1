"""Export to MLflow: a run for each sweep, nested runs for its variants, each containing its training runs."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from runner.core.errors import EnvironmentFault
from runner.core.omissions import LeftOut
from runner.core.text import shortened
from runner.engine.mlflow import begun, end, measured
from runner.engine.mlflow_store import NOTE, PARENT, MlflowRun, MlflowStore, refuse_no_mlflow
from runner.engine.tracking import scalars_of_epoch
from runner.export.finished import FinishedRun, FinishedSweep, finished_sweeps
from runner.records.description import digest, text_files
from runner.records.record import DONE


def export_mlflow(paths: Sequence[Path], store: MlflowStore, left_out: LeftOut, *, models: bool = False) -> int:
    """Write finished runs and sweeps into MLflow, or update existing ones; return the number of runs.

    Args:
        left_out: collects runs and files that cannot be exported.
        models: also copy the trained models.

    Raises:
        UserError: if the paths contain no run, or MLflow is not installed.
        EnvironmentFault: if the store cannot be reached.
    """
    refuse_no_mlflow("runner export mlflow")
    sweeps = finished_sweeps(paths, left_out)
    try:
        return sum(_write_sweep(sweep, store, models=models) for sweep in sweeps)
    except EnvironmentFault:
        raise
    except Exception as error:  # MLflow and its database raise many types of exception
        raise EnvironmentFault(f"{store.place}: {shortened(str(error))}; entries written so far are kept") from error


def _write_sweep(sweep: FinishedSweep, store: MlflowStore, *, models: bool) -> int:
    nested: dict[str, MlflowRun] = {}
    if sweep.path:
        parent = _write_parent(sweep, sweep.path, store)
        for variant in dict.fromkeys(run.variant for run in sweep.runs):
            nested[variant] = _write_variant(variant, sweep, sweep.path, parent, store)
    for run in sweep.runs:
        written = _write_run(run, store, models=models)
        if run.variant in nested:
            written.set_tags({PARENT: nested[run.variant].run_id})
    return len(sweep.runs)


def _write_parent(sweep: FinishedSweep, path: Path, store: MlflowStore) -> MlflowRun:
    asked = sweep.results.asked if sweep.results else None
    facts = {"question": asked.question, "command": asked.command, "metric": asked.metric} if asked else {}
    known = {name: value for name, value in facts.items() if value}
    place = str(path.resolve())
    run = store.run(
        digest("sweep", place), sweep.name, known | {"study": sweep.name, "directory": place}, _began(sweep.runs)
    )
    run.set_tags({NOTE: "\n\n".join([*([asked.question] if asked and asked.question else []), *sweep.findings])})
    run.add_files(text_files(path))
    _end_group(run, sweep.runs)
    return run


def _write_variant(variant: str, sweep: FinishedSweep, path: Path, parent: MlflowRun, store: MlflowStore) -> MlflowRun:
    runs = [run for run in sweep.runs if run.variant == variant]
    tags = {"variant": variant, "study": sweep.name, PARENT: parent.run_id}
    run = store.run(digest("variant", str(path.resolve()), variant), variant, tags, _began(runs))
    if sweep.results and variant in sweep.results.verdicts:
        run.set_tags({"verdict": sweep.results.verdicts[variant], NOTE: sweep.results.verdicts[variant]})
        row = sweep.results.aggregate.set_index("variant").loc[variant]
        run.log_metrics(measured(_numbers(row.items()), 0, _ended(runs)))
    _end_group(run, runs)
    return run


def _write_run(finished: FinishedRun, store: MlflowStore, *, models: bool) -> MlflowRun:
    record, directory = finished.run.named(finished.variant).record, finished.run.directory
    run = begun(store, record, finished.config, directory.path, f"place {finished.place}" if finished.place else "")
    run.set_tags({"kind": finished.kind})
    run.log_metrics(
        one
        for seconds, row in finished.epochs()
        for one in measured(scalars_of_epoch(row, finished.tables), int(row["epoch"]), seconds)
    )
    run.add_files(text_files(directory.path))
    if models and directory.model_path.is_file():
        run.add_files([directory.model_path])
    end(run, record, finished.last_epoch, finished.ended)
    return run


def _numbers(row: Iterable[tuple[Any, Any]]) -> dict[str, float]:
    """Return the numeric values in a row of a frame."""
    return {
        str(name): float(value)
        for name, value in row
        if isinstance(value, int | float | np.integer) and not isinstance(value, bool) and math.isfinite(value)
    }


def _began(runs: Iterable[FinishedRun]) -> int:
    return int(min(run.began for run in runs) * 1000)


def _ended(runs: Iterable[FinishedRun]) -> float:
    return max(run.ended for run in runs)


def _end_group(run: MlflowRun, runs: Sequence[FinishedRun]) -> None:
    are_done = all(one.run.record.status in DONE for one in runs)
    run.end("FINISHED" if are_done else "KILLED", int(_ended(runs) * 1000))
