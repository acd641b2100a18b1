"""Bootstrap over test examples: scores of a run in resamples that are shared by all runs on the same examples."""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from runner.reporting.scores import BINS, bins_of
from runner.reporting.statistics.ties import Values

RESAMPLES = 2_000
_KEPT = 2**27  # maximum size in bytes of resamples that are kept; larger ones are drawn again for each run
_DRAWN = 2**20  # number of examples to draw at once

_Probabilities = npt.NDArray[np.floating]
_Labels = npt.NDArray[np.integer]


class Resampling:
    """Bootstrap resamples, as counts of each test example; they depend only on the number of examples."""

    def __init__(self, examples: int) -> None:
        self.examples: Final = examples
        self._kept: Final = [*self._drawn()] if examples * RESAMPLES <= _KEPT else None

    def values(self, metric: str, probabilities: _Probabilities, labels: _Labels) -> Values:
        """Return a run's score in every resample: (RESAMPLES,).

        Args:
            metric: a key of `RESAMPLED`.
            probabilities: (examples, classes), rows sum to 1.
            labels: (examples,), integers in [0, classes).
        """
        with np.errstate(all="ignore"):  # rows that are not distributions have no calibration error
            return RESAMPLED[metric](self, probabilities, labels)

    def sums(self, groups: _Labels, values: npt.ArrayLike, count: int) -> Values:
        """Return the sums of the examples' values by group in every resample: (count, RESAMPLES).

        Args:
            groups: (examples,), integers in [0, count).
            values: (examples,); zeros cost no time.
            count: number of groups.
        """
        weights = np.asarray(values, np.float32)
        used = np.flatnonzero(weights)
        by_group = sparse.csr_array((weights[used], (groups[used], used)), shape=(count, self.examples))
        blocks = self._drawn() if self._kept is None else self._kept
        return np.hstack([by_group @ block.astype(np.float32) for block in blocks]).astype(np.float64)

    def _drawn(self) -> Iterator[npt.NDArray[np.uint8]]:
        """Draw the counts of every example, in blocks of resamples: (examples, resamples)."""
        generator = np.random.default_rng(0)
        most = max(1, _DRAWN // self.examples)
        for begin in range(0, RESAMPLES, most):
            shape = self.examples, min(most, RESAMPLES - begin)
            drawn = generator.integers(0, self.examples, shape) * shape[1] + np.arange(shape[1])
            yield np.bincount(drawn.ravel(), minlength=drawn.size).reshape(shape).astype(np.uint8)


def _calibration_error(resampling: Resampling, probabilities: _Probabilities, labels: _Labels) -> Values:
    """Return the expected calibration errors, as defined by `scores.expected_calibration_error`."""
    confidence = probabilities.max(axis=1) / probabilities.sum(axis=1, dtype=np.float64)
    right = probabilities.argmax(axis=1) == labels
    sums = resampling.sums(bins_of(confidence), right - confidence, BINS)
    errors: Values = np.abs(sums).sum(axis=0) / resampling.examples
    return errors


def _macro_f1(resampling: Resampling, probabilities: _Probabilities, labels: _Labels) -> Values:
    """Return the macro F1 scores; a class scores 2 TP / (2 TP + FP + FN), and 0 if it does not occur."""
    classes, predicted = probabilities.shape[1], probabilities.argmax(axis=1)
    wrong = predicted != labels
    missed = resampling.sums(labels, wrong, classes)
    false = resampling.sums(predicted, wrong, classes)
    hits = resampling.sums(labels, ~wrong, classes)
    f1: Values = (2 * hits / np.maximum(2 * hits + false + missed, 1)).mean(axis=0)
    return f1


RESAMPLED: dict[str, Callable[[Resampling, _Probabilities, _Labels], Values]] = {
    "test_expected_calibration_error": _calibration_error,
    "test_macro_f1": _macro_f1,
}
