"""Test predictions of runs: correct predictions, resampled scores, ensembles of seeds, and mean confusion matrices."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from runner.core.omissions import LeftOut
from runner.reporting.collection.collect import Run
from runner.reporting.statistics.answers import Answers
from runner.reporting.statistics.resampling import RESAMPLED, Resampling


@dataclass(frozen=True)
class Predicted:
    """Test predictions of all runs of a report."""

    answers: list[Answers | None]  # one per run; None if it is incomplete or has no predictions
    ensembles: dict[str, float]  # test accuracy of the averaged probabilities, by variant


def read_predicted(
    runs: Sequence[Run], variants: Sequence[str], left_out: LeftOut, metric: str = "test_accuracy"
) -> Predicted:
    """Read the predictions of completed runs, each file once.

    A variant has an ensemble if at least two of its runs have predictions, all for the same test examples.

    Args:
        variants: the variant of each run.
        metric: metric of the report; if it is one of `RESAMPLED`, the answers contain its resampled values.
    """
    answers: list[Answers | None] = [None] * len(runs)
    resamplings: dict[int, Resampling] = {}  # resamplings by number of examples
    ensembles: dict[str, float] = {}
    places: dict[str, list[int]] = {}
    common: npt.NDArray[np.int32] | None = None
    for place, variant in enumerate(variants):
        places.setdefault(variant, []).append(place)
    for variant, own_places in places.items():  # keeps only one sum in memory
        total: _Sum | None = None
        for place in own_places:
            run = runs[place]
            there = run.record.status == "completed" and run.directory.predictions_path.exists()
            own = left_out.unless_read(partial(run.directory.read_predictions, "test")) if there else None
            if own is not None:
                labels, probabilities = own["test_labels"], own["test_probabilities"]
                if common is not None and labels.dtype == common.dtype and np.array_equal(labels, common):
                    labels = common  # one array for all runs
                common = labels
                resampled = None
                if metric in RESAMPLED:
                    resampling = resamplings.get(len(labels)) or Resampling(len(labels))
                    resamplings[len(labels)] = resampling
                    resampled = resampling.values(metric, probabilities, labels)
                answers[place] = Answers(labels, probabilities.argmax(axis=1) == labels, resampled)
                total = total or _Sum(labels, np.zeros(probabilities.shape))
                total.add(labels, probabilities)
        if total and (accuracy := total.accuracy()) is not None:
            ensembles[variant] = accuracy
    return Predicted(answers, ensembles)


@dataclass
class _Sum:
    """Running sum of the probabilities (examples, classes) of a variant's runs."""

    labels: npt.NDArray[np.int32]
    total: npt.NDArray[np.float64]
    count: int = 0
    is_one_test_set: bool = True

    def add(self, labels: npt.NDArray[np.int32], probabilities: npt.NDArray[np.floating]) -> None:
        are_same = self.labels is labels or np.array_equal(self.labels, labels)
        if self.total.shape == probabilities.shape and are_same:
            self.total += probabilities
            self.count += 1
        else:
            self.is_one_test_set = False

    def accuracy(self) -> float | None:
        if self.count < 2 or not self.is_one_test_set:
            return None
        return float(np.mean(self.total.argmax(axis=1) == self.labels))


def class_names(runs: Sequence[Run]) -> list[str]:
    """Return the names of the classes; empty if the runs have no names or if their names differ."""
    names = {tuple(run.record.classes) for run in runs}
    return list(names.pop()) if len(names) == 1 else []


def mean_confusion(runs: Sequence[Run]) -> tuple[npt.NDArray[np.float64] | None, int]:
    """Return the mean confusion matrix (true class, predicted class) and the number of runs that have one.

    The mean is None if no run has a matrix, or if their shapes differ.
    """
    matrices = [
        np.asarray(run.record.scores["confusion_matrix"], float)
        for run in runs
        if "confusion_matrix" in run.record.scores
    ]
    mean = np.mean(matrices, axis=0) if len({matrix.shape for matrix in matrices}) == 1 else None
    return mean, len(matrices)
