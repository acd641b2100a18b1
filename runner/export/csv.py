"""Export to CSV: all runs with their parameters, all epochs, and the findings of sweeps."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from runner.core.omissions import LeftOut
from runner.core.write import write_csv
from runner.engine.tracking import scalars_of_epoch
from runner.export.finished import FinishedRun, FinishedSweep, finished_sweeps
from runner.records.description import parameters, tags


def export_csv(paths: Sequence[Path], out: Path, left_out: LeftOut) -> list[Path]:
    """Write runs.csv, metrics.csv and findings.csv into a directory; return these files.

    Args:
        left_out: collects runs and files that cannot be exported.

    Raises:
        UserError: if the paths contain no run.
        EnvironmentFault: if a file cannot be written.
    """
    sweeps = finished_sweeps(paths, left_out)
    tables = {
        "runs.csv": [_run_row(run) for sweep in sweeps for run in sweep.runs],
        "metrics.csv": [row for sweep in sweeps for run in sweep.runs for row in _metric_rows(run)],
        "findings.csv": [row for sweep in sweeps for row in _finding_rows(sweep)],
    }
    out.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        write_csv(out / name, rows)
    return [out / name for name in tables]


def _run_row(run: FinishedRun) -> dict[str, Any]:
    """Return a run's tags, results and parameters."""
    record = run.run.record
    described = tags(record, run.path) | {"variant": run.variant, "kind": run.kind}
    return described | record.summary() | parameters(record, run.config) | described


def _metric_rows(run: FinishedRun) -> Iterator[dict[str, Any]]:
    record = run.run.record
    for seconds, row in run.epochs():
        for name, value in scalars_of_epoch(row, run.tables).items():
            yield {
                "run_id": record.run_id,
                "directory": str(run.path.resolve()),
                "variant": run.variant,
                "seed": record.seed,
                "epoch": int(row["epoch"]),
                "time": round(seconds, 3),
                "metric": name,
                "value": value,
            }


def _finding_rows(sweep: FinishedSweep) -> Iterator[dict[str, Any]]:
    verdicts = sweep.results.verdicts if sweep.results else {}
    of_variant = {sentence: variant for variant, sentence in verdicts.items()}
    for sentence in sweep.findings:
        yield {"study": sweep.name, "variant": of_variant.get(sentence, ""), "finding": sentence}
