"""Scores of predictions: accuracy, likelihood, calibration, and scores by class."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Bins:
    """Predictions grouped by confidence into bins of equal width; the values of empty bins are 0.

    Each field is (bins,): upper edge, number of examples, mean confidence and accuracy.
    """

    upper: npt.NDArray[np.float64]
    count: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float64]
    accuracy: npt.NDArray[np.float64]


BINS = 15  # number of bins of the expected calibration error


def bins_of(confidence: npt.NDArray[np.floating], bins: int = BINS) -> npt.NDArray[np.intp]:
    """Return the bin of each confidence, from 0: bin m - 1 of M contains confidences in ((m - 1) / M, m / M]."""
    inside: npt.NDArray[np.intp] = np.digitize(confidence, np.linspace(0, 1, bins + 1)[1:-1], right=True)
    return inside


def reliability_bins(
    probabilities: npt.NDArray[np.floating], labels: npt.NDArray[np.integer], bins: int = BINS
) -> Bins:
    """Group predictions by confidence, for the calibration error and its diagram.

    The confidence is the probability of the predicted class; `bins_of` defines its bin.

    Args:
        probabilities: (examples, classes), rows sum to 1.
        labels: (examples,), integers in [0, classes).
        bins: number of bins.

    Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", sec. 2.
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    inside = bins_of(confidence, bins)
    count = np.bincount(inside, minlength=bins)
    divisor = np.maximum(count, 1)
    return Bins(
        upper=np.linspace(0, 1, bins + 1)[1:],
        count=count,
        confidence=np.bincount(inside, weights=confidence, minlength=bins) / divisor,
        accuracy=np.bincount(inside, weights=right, minlength=bins) / divisor,
    )


def expected_calibration_error(bins: Bins) -> float:
    """Return the mean absolute difference between accuracy and confidence, weighted by the number of examples.

    Source: Guo et al. 2017, eq. 3.
    """
    distance = np.abs(bins.accuracy - bins.confidence)
    return float(np.average(distance, weights=bins.count))


_TOLERANCE = 1e-3  # largest deviation of a row's sum from 1; allows for half precision


def scores(probabilities: npt.NDArray[np.floating], labels: npt.NDArray[np.integer]) -> dict[str, Any]:
    """Score predicted probabilities against the true labels.

    The negative log likelihood is the mean of -ln p of the true class; p is at least 2.2e-16 (the precision of a
    double), so the mean is finite. A precision, recall or F1 with a division by zero is 0. Macro scores are unweighted
    means over the classes.

    Args:
        probabilities: (examples, classes), rows sum to 1; at least one example and two classes.
        labels: (examples,), integers in [0, classes).

    Returns:
        Single numbers as floats (roc_auc is None if only one of two classes occurs); `per_class`: lists of precision,
        recall, f1 and support by class; `confusion_matrix`: counts (true class, predicted class).

    Raises:
        ValueError: if the shapes do not match, if a label is not a class, or if a row does not sum to 1 within 1e-3.
    """
    values = _distributions(probabilities)
    examples, classes = values.shape
    if labels.shape != (examples,) or not np.isin(labels, np.arange(classes)).all():
        raise ValueError(f"labels must be {examples} integers from 0 to {classes - 1}")
    pairs = classes * labels.astype(np.intp) + values.argmax(axis=1)
    confusion = np.bincount(pairs, minlength=classes**2).reshape(classes, classes)
    right, support, predicted = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    by_class = {
        "precision": _ratios(right, predicted),
        "recall": _ratios(right, support),
        "f1": _ratios(2 * right, support + predicted),
    }
    result: dict[str, Any] = {"accuracy": float(right.sum() / examples)}
    if classes > 2:
        likeliest = np.argsort(values, axis=1, kind="stable")[:, -2:]
        result["top_2_accuracy"] = float((likeliest == labels[:, np.newaxis]).any(axis=1).mean())
    result["negative_log_likelihood"] = negative_log_likelihood(probabilities, labels)
    result["expected_calibration_error"] = expected_calibration_error(reliability_bins(values, labels))
    result |= {f"macro_{name}": float(column.mean()) for name, column in by_class.items()}
    if classes == 2:
        result |= {name: float(column[1]) for name, column in by_class.items()}
        result["roc_auc"] = _area_under_roc_curve(labels, values[:, 1]) if support.all() else None
    result["per_class"] = {name: column.tolist() for name, column in by_class.items()}
    result["per_class"]["support"] = support.tolist()
    result["confusion_matrix"] = confusion.tolist()
    return result


def _ratios(parts: npt.NDArray[np.integer], wholes: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
    """Return parts / wholes; 0 for a division by zero."""
    ratios: npt.NDArray[np.float64] = np.divide(parts, wholes, out=np.zeros(len(parts)), where=wholes > 0)
    return ratios


def _area_under_roc_curve(labels: npt.NDArray[np.integer], positive: npt.NDArray[np.float64]) -> float:
    from sklearn.metrics import roc_auc_score  # takes half a second, and most data sets have more than two classes

    return float(roc_auc_score(labels, positive))


def negative_log_likelihood(probabilities: npt.NDArray[np.floating], labels: npt.NDArray[np.integer]) -> float:
    """Return the mean of -ln p of the true class: the cross-entropy without penalties or smoothing.

    Args:
        probabilities: (examples, classes), rows sum to 1.
        labels: (examples,), integers in [0, classes).

    Raises:
        ValueError: as for `scores`.
    """
    of_true_class = _distributions(probabilities)[np.arange(len(labels)), labels]
    precision = np.finfo(np.float64).eps
    return float(-np.log(of_true_class.clip(precision, 1 - precision)).mean())


def _distributions(probabilities: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the rows in double precision, normalized so that each sums to 1."""
    if probabilities.ndim != 2 or len(probabilities) == 0 or probabilities.shape[1] < 2:
        raise ValueError(f"probabilities must be (examples, classes), not {probabilities.shape}")
    values = probabilities.astype(np.float64)
    sums = values.sum(axis=1, keepdims=True)
    fits = (np.abs(sums[:, 0] - 1) <= _TOLERANCE) & (values >= 0).all(axis=1)  # NaN satisfies neither condition
    if not fits.all():
        row = int(np.flatnonzero(~fits)[0])
        raise ValueError(f"row {row} of the probabilities is not a distribution: its sum is {sums[row, 0]:.6g}")
    distributions: npt.NDArray[np.float64] = values / sums
    return distributions
