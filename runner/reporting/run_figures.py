"""Which figures one run has, by what its directory holds."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from runner.config.errors import UserError
from runner.records.record import RunRecord
from runner.records.run_directory import RunDirectory
from runner.reporting.figures import confusion_counts, confusion_matrix, curves
from runner.reporting.rate_range import is_range_test, rate_range
from runner.reporting.training_figures import layer_norms, learning_rate


def run_figures(directory: RunDirectory, record: RunRecord) -> Iterator[tuple[str, Figure]]:
    """Yield the file name and the figure of everything there is to draw of a run.

    Raises:
        UserError: if a file cannot be read.
    """
    title = f"{record.variant}, seed {record.seed}, {record.dataset['name']}"
    if history := directory.read_history():
        frame = pd.DataFrame(history)
        for metric in ("accuracy", "loss"):
            if metric in frame:
                yield f"{metric}.png", curves(frame, metric, _with_test(title, record, metric))
        if "learning_rate" in frame and frame["learning_rate"].min() < frame["learning_rate"].max():
            yield "learning_rate.png", learning_rate(frame, f"{title}: learning rate")
    if directory.gradients_path.exists():
        yield "gradients.png", layer_norms(_numbers(directory.gradients_path), f"{title}: layer by layer")
    if directory.steps_path.exists() and is_range_test(steps := _numbers(directory.steps_path)):
        yield "learning_rate_range.png", rate_range(steps, f"{title}: learning-rate range test")
    if directory.predictions_path.exists():
        predictions = directory.read_predictions()
        labels, probabilities = predictions["test_labels"], predictions["test_probabilities"]
        counts = confusion_counts(labels, probabilities.argmax(axis=1), probabilities.shape[1])
        yield "confusion_matrix.png", confusion_matrix(counts, f"{title}: test images")


def _with_test(title: str, record: RunRecord, metric: str) -> str:
    value = record.test.get(metric)
    if value is None:
        return title
    return f"{title}: test {metric} {f'{value:.2%}' if metric == 'accuracy' else f'{value:.4f}'}"


def _numbers(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path).astype(float)
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: not a table of numbers ({error})") from error
