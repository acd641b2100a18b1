"""The files of a report: of one run, and of many."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from runner.config.errors import UserError
from runner.records.atomic import whole_file, write_csv
from runner.records.record import RunRecord
from runner.records.run_directory import RunDirectory
from runner.reporting.collect import Run, find_runs, history_frame, summary_frame
from runner.reporting.figures import comparison, confusion_matrix, curves


def report(paths: Sequence[Path], out: Path) -> list[Path]:
    """Report on all runs in and below the paths, and return the files written.

    A run directory reported into itself gets its own figures; everything else a table and a comparison.

    Raises:
        UserError: if no run is found.
    """
    runs = find_runs(paths)
    if RunDirectory(out).record_path.exists() and (len(runs) > 1 or runs[0].directory.path.resolve() != out.resolve()):
        raise UserError(
            f"{out}: is itself a run, whose files a report would replace; choose another directory (--out DIR)"
        )
    if len(runs) == 1 and runs[0].directory.path.resolve() == out.resolve():
        return report_run(runs[0].directory, runs[0].record)
    return _report_runs(runs, out)


def report_run(directory: RunDirectory, record: RunRecord) -> list[Path]:
    """Write one run's summary and figures from its record, history and predictions; return the files written."""
    write_csv(directory.path / "summary.csv", [record.summary()])
    written = [directory.path / "summary.csv"]
    title = f"{record.variant}, seed {record.seed}, {record.dataset['name']}"
    if history := directory.read_history():
        frame = pd.DataFrame(history)
        for metric in ("accuracy", "loss"):
            if metric in frame:
                written.append(
                    _save(curves(frame, metric, _with_test(title, record, metric)), directory.path / f"{metric}.png")
                )
    if directory.predictions_path.exists():
        try:
            with np.load(directory.predictions_path, allow_pickle=False) as predictions:
                labels, probabilities = predictions["test_labels"], predictions["test_probabilities"]
        except (OSError, ValueError, KeyError) as error:
            raise UserError(f"{directory.predictions_path}: cannot be read ({error})") from error
        figure = confusion_matrix(labels, probabilities.argmax(axis=1), probabilities.shape[1], f"{title}: test images")
        written.append(_save(figure, directory.path / "confusion_matrix.png"))
    return written


def _report_runs(runs: Sequence[Run], out: Path) -> list[Path]:
    out.mkdir(parents=True, exist_ok=True)
    summary = summary_frame(runs)
    history = history_frame(runs)
    written = []
    long = history.melt(["run_id", "variant", "seed", "epoch"], var_name="metric").dropna(subset="value")
    for name, frame in (("summary.csv", summary), ("history.csv", long)):
        with whole_file(out / name) as temporary:
            frame.to_csv(temporary, index=False)
        written.append(out / name)
    datasets = ", ".join(dict.fromkeys(summary["dataset"]))
    for metric in ("accuracy", "loss"):
        if f"val_{metric}" in history:
            title = f"validation {metric} on {datasets}: runs {len(runs)}, variants {history['variant'].nunique()}"
            written.append(_save(comparison(history, f"val_{metric}", title), out / f"{metric}.png"))
    return written


def _with_test(title: str, record: RunRecord, metric: str) -> str:
    value = record.test.get(metric)
    return (
        title
        if value is None
        else f"{title}: test {metric} {f'{value:.2%}' if metric == 'accuracy' else f'{value:.4f}'}"
    )


def _save(figure: Figure, path: Path) -> Path:
    with whole_file(path) as temporary:
        figure.savefig(temporary)
    return path
