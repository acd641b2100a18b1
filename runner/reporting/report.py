"""The files of a report: of one run, and of many."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from runner.config.errors import UserError, did_you_mean
from runner.records.atomic import whole_file, write_csv
from runner.records.record import RunRecord
from runner.records.run_directory import RunDirectory
from runner.reporting.aggregate import aggregate_frame, comparison_frame
from runner.reporting.canvas import save_figure
from runner.reporting.collect import Run, find_runs, history_frame, summary_frame, variant_labels
from runner.reporting.figures import comparison
from runner.reporting.run_figures import run_figures
from runner.reporting.selection import read_tuning, selection_frame
from runner.reporting.tables import write_tables


def report(paths: Sequence[Path], out: Path, metric: str = "test_accuracy", baseline: str | None = None) -> list[Path]:
    """Report on all runs in and below the paths, and return the files written.

    A run directory reported into itself gets its own figures; everything else a table and a comparison.

    Args:
        metric: a column of the summary, by which variants are compared.
        baseline: the variant that the others are compared with; None: the first one.

    Raises:
        UserError: if no run is found, or there is no such metric or baseline.
    """
    runs = find_runs(paths)
    if RunDirectory(out).record_path.exists() and (len(runs) > 1 or runs[0].directory.path.resolve() != out.resolve()):
        raise UserError(
            f"{out}: is itself a run, whose files a report would replace; choose another directory (--out DIR)"
        )
    if len(runs) == 1 and runs[0].directory.path.resolve() == out.resolve():
        return report_run(runs[0].directory, runs[0].record)
    tuning = read_tuning(paths[0]) if len(paths) == 1 else None
    return _report_runs(runs, out, metric, baseline, tuning)


def report_run(directory: RunDirectory, record: RunRecord) -> list[Path]:
    """Write one run's summary and figures from its record and files; return the files written.

    Raises:
        UserError: if a file of the run cannot be read.
    """
    write_csv(directory.path / "summary.csv", [record.summary()])
    written = [directory.path / "summary.csv"]
    for name, figure in run_figures(directory, record):
        written.append(save_figure(figure, directory.path / name))
    return written


def _baseline(summary: pd.DataFrame, baseline: str | None) -> str:
    variants = list(dict.fromkeys(map(str, summary["variant"])))
    if baseline is None:
        return variants[0]
    if baseline not in variants:
        raise UserError(f"--baseline {baseline}: no such variant{did_you_mean(baseline, variants)}")
    return baseline


def _report_runs(
    runs: Sequence[Run], out: Path, metric: str, baseline: str | None, tuning: pd.DataFrame | None
) -> list[Path]:
    out.mkdir(parents=True, exist_ok=True)
    summary = summary_frame(runs)
    if metric not in summary:
        numbers = [str(column) for column in summary if pd.api.types.is_numeric_dtype(summary[column])]
        raise UserError(f"--metric {metric}: no such column of the summary{did_you_mean(metric, numbers)}")
    history = history_frame(runs)
    written = []
    long = history.melt(["run_id", "variant", "seed", "epoch"], var_name="metric").dropna(subset="value")
    frames = {"summary.csv": summary, "history.csv": long}
    labelled = summary.assign(variant=variant_labels(runs))
    if len(set(labelled["variant"])) > 1 and labelled[metric].notna().any():
        frames["aggregate.csv"] = aggregate_frame(labelled, metric)
        frames["comparisons.csv"] = comparison_frame(labelled, metric, _baseline(labelled, baseline))
    if tuning is not None:
        frames["selection.csv"] = selection_frame(tuning, labelled)
    for name, frame in frames.items():
        with whole_file(out / name) as temporary:
            frame.to_csv(temporary, index=False)
        written.append(out / name)
    if "comparisons.csv" in frames:
        written += write_tables(frames["aggregate.csv"], frames["comparisons.csv"], out)
    datasets = ", ".join(dict.fromkeys(summary["dataset"]))
    for metric in ("accuracy", "loss"):
        if f"val_{metric}" in history:
            title = f"validation {metric} on {datasets}: runs {len(runs)}, variants {history['variant'].nunique()}"
            written.append(save_figure(comparison(history, f"val_{metric}", title), out / f"{metric}.png"))
    return written
