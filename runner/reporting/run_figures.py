"""Figures of one run, selected by the files in its directory."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from runner.core.omissions import LeftOut
from runner.records.record import RunRecord
from runner.records.run_directory import RunDirectory
from runner.reporting.figures.drawing.files import Draw
from runner.reporting.figures.of_confusion import confusion_counts, confusion_matrix
from runner.reporting.figures.of_run import curves, layer_norms, learning_rate
from runner.reporting.figures.rate_range import is_range_test, rate_range
from runner.reporting.metrics import quantity
from runner.reporting.tables.csv_files import read_numbers


def run_figures(directory: RunDirectory, record: RunRecord, left_out: LeftOut) -> Iterator[tuple[str, Draw]]:
    """Yield the file name and the drawing function of each figure of a run; see `drawn`."""
    title = f"{record.variant}, {record.which}, {record.dataset['name']}"
    steps = left_out.unless_read(partial(read_numbers, directory.steps_path, "learning_rate", "loss"))
    if history := left_out.unless_read(directory.read_history):
        frame = pd.DataFrame(history)
        diverged = _first_infinite(frame) if record.status == "diverged" else None
        for metric in ("accuracy", "loss", "negative_log_likelihood"):
            if metric in frame:
                yield f"{metric}.png", partial(curves, frame, metric, _with_test(title, record, metric), diverged)
        if "learning_rate" in frame and frame["learning_rate"].min() < frame["learning_rate"].max():
            yield "learning_rate.png", partial(learning_rate, frame, f"{title}: learning rate", steps)
    gradients = left_out.unless_read(partial(read_gradients, directory.gradients_path))
    if gradients is not None:
        yield "gradients.png", partial(layer_norms, gradients, f"{title}: norms by layer")
    if steps is not None and is_range_test(steps):
        yield "learning_rate_range.png", partial(rate_range, steps, f"{title}: learning-rate range test")
    predictions = left_out.unless_read(directory.read_predictions) if directory.predictions_path.exists() else None
    if predictions:
        labels, probabilities = predictions["test_labels"], predictions["test_probabilities"]
        counts = confusion_counts(labels, probabilities.argmax(axis=1), probabilities.shape[1])
        heading = f"{title}: test examples"
        yield "confusion_matrix.png", partial(confusion_matrix, counts, heading, record.classes)


def _first_infinite(history: pd.DataFrame) -> int | None:
    """Return the first epoch with a training or validation loss that is not finite."""
    losses = history[[column for column in ("loss", "val_loss") if column in history]].to_numpy(float)
    epochs = history["epoch"][~np.isfinite(losses).all(axis=1)]
    return int(epochs.iloc[0]) if len(epochs) else None


def _with_test(title: str, record: RunRecord, metric: str) -> str:
    value = record.test.get(metric)
    if value is None:
        return title
    return f"{title}: test {quantity(metric)} {f'{value:.2%}' if metric == 'accuracy' else f'{value:.4f}'}"


def read_gradients(path: Path) -> pd.DataFrame:
    """Read the epochs and every layer's gradient and weight norms.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file does not contain these norms; the message names the file.
    """
    frame = read_numbers(path, "epoch")
    layers = {column.removesuffix(".gradient") for column in map(str, frame) if column.endswith(".gradient")}
    if not layers or {f"{layer}.weight" for layer in layers} - {*frame}:
        raise ValueError(f"{path}: not a table of gradient and weight norms by layer")
    return frame
