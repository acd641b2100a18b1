"""How far confidence and accuracy agree."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Bins:
    """Predictions grouped by confidence into bins of equal width; empty bins hold 0.

    All are (bins,): the bin's upper edge, its number of examples, their mean confidence, and their accuracy.
    """

    upper: npt.NDArray[np.float64]
    count: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float64]
    accuracy: npt.NDArray[np.float64]


def reliability_bins(probabilities: npt.NDArray[np.floating], labels: npt.NDArray[np.integer], bins: int = 15) -> Bins:
    """Group predictions by confidence, for the calibration error and its diagram.

    Bin m of M holds confidences in ((m - 1) / M, m / M]. The confidence is the probability of the predicted class.

    Args:
        probabilities: (examples, classes), rows sum to 1.
        labels: (examples,), integers in [0, classes).
        bins: how many.

    Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", sec. 2.
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    edges = np.linspace(0, 1, bins + 1)
    inside = np.digitize(confidence, edges[1:-1], right=True)
    count = np.bincount(inside, minlength=bins)
    divisor = np.maximum(count, 1)
    return Bins(
        upper=edges[1:],
        count=count,
        confidence=np.bincount(inside, weights=confidence, minlength=bins) / divisor,
        accuracy=np.bincount(inside, weights=right, minlength=bins) / divisor,
    )


def expected_calibration_error(bins: Bins) -> float:
    """Return the mean distance of accuracy and confidence over the examples, taken bin by bin.

    Source: Guo et al. 2017, eq. 3.
    """
    distance = np.abs(bins.accuracy - bins.confidence)
    return float(np.average(distance, weights=bins.count))
