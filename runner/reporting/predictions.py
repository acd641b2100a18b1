"""What the seeds of a variant come to together: their ensemble, and their mean confusion."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from runner.reporting.collect import Run
from runner.reporting.left_out import LeftOut


def ensemble_accuracy(runs: Sequence[Run], left_out: LeftOut) -> float | None:
    """Return the test accuracy of the runs' averaged probabilities; None where fewer than two have the same test set.

    One run's predictions are in memory at a time.
    """
    total: npt.NDArray[np.float64] | None = None
    labels: npt.NDArray[np.int32] | None = None
    count = 0
    for run in runs:
        there = run.directory.predictions_path.exists()
        own = left_out.unless_read(run.directory.read_predictions) if there else None
        if own is None:
            continue
        if labels is None or total is None:
            labels, total = own["test_labels"], own["test_probabilities"].astype(np.float64)
        elif total.shape == own["test_probabilities"].shape and np.array_equal(labels, own["test_labels"]):
            total += own["test_probabilities"]
        else:
            return None
        count += 1
    if labels is None or total is None or count < 2:
        return None
    return float(np.mean(total.argmax(axis=1) == labels))


def class_names(runs: Sequence[Run]) -> list[str]:
    """Return the names of the classes, in the order of the scores; none where the runs have none, or different ones."""
    names = {tuple(run.record.classes) for run in runs}
    return list(names.pop()) if len(names) == 1 else []


def mean_confusion(runs: Sequence[Run]) -> tuple[npt.NDArray[np.float64] | None, int]:
    """Return the mean of the runs' counts by true class, then predicted class, and how many runs have such.

    None if none has them, or if they are not of the same classes.
    """
    matrices = [
        np.asarray(run.record.scores["confusion_matrix"], float)
        for run in runs
        if "confusion_matrix" in run.record.scores
    ]
    mean = np.mean(matrices, axis=0) if len({matrix.shape for matrix in matrices}) == 1 else None
    return mean, len(matrices)
