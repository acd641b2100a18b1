"""ZCA whitening: removal of linear correlations from inputs, which still look like images afterwards."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from runner.data.checks import as_float32
from runner.data.dataset import Inputs, Split

_MOST_FEATURES = 4096  # more would take minutes and gigabytes to decompose
_EXAMPLES_AT_ONCE = 4096

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Whitening:
    """Map x, flattened and in [0, 1] if it contains bytes, to (x - mean) W.

    Args:
        mean: (features,).
        matrix: W, (features, features).
    """

    mean: Matrix
    matrix: Matrix

    def __call__(self, inputs: Inputs) -> Inputs:
        """Return the mapped inputs, in their own shape."""
        chunks = [(_values(chunk) - self.mean) @ self.matrix for chunk in _chunks(inputs)]
        return np.concatenate(chunks).reshape(inputs.shape)


def zca(split: Split, epsilon: float) -> Split:
    """Map x to (x - mean) W, W = U (L + epsilon)^(-1/2) U^T, with U L U^T the training part's covariance.

    Bytes are mapped to [0, 1] first, so that epsilon has the same meaning for all images.

    Args:
        epsilon: added to the eigenvalues, so that noise in directions of low variance is not amplified.

    Raises:
        ValueError: if epsilon is not positive, or an example has too many values.

    Source: Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images", appendix A; with epsilon:
        Goodfellow et al. 2013, "Maxout Networks", sec. 5.2 (as in their pylearn2).
    """
    if not (epsilon > 0 and math.isfinite(epsilon)):
        raise ValueError(f"epsilon={epsilon}: must be a finite number above 0")
    features = math.prod(split.train.inputs.shape[1:])
    if features > _MOST_FEATURES:
        raise ValueError(f"takes at most {_MOST_FEATURES} values for each example, but these have {features}")
    mean, covariance = _moments(split.train.inputs)
    variances, directions = np.linalg.eigh(covariance)
    whiten = (directions / np.sqrt(np.maximum(variances, 0) + epsilon)) @ directions.T
    return split.map_inputs(Whitening(mean, whiten.astype(np.float32)))


def _moments(inputs: Inputs) -> tuple[Matrix, npt.NDArray[np.float64]]:
    """Return mean (features,) and covariance (features, features)."""
    chunks = _chunks(inputs)
    total = sum(_values(chunk).sum(axis=0, dtype=np.float64) for chunk in chunks)
    mean = np.asarray(total / len(inputs), np.float32)
    products = np.zeros((len(mean), len(mean)))
    for chunk in chunks:
        centred = _values(chunk) - mean
        products += centred.T @ centred
    return mean, products / len(inputs)


def _values(inputs: Inputs) -> Matrix:
    values = inputs.reshape(len(inputs), -1)
    return np.divide(values, 255, dtype=np.float32) if inputs.dtype == np.uint8 else as_float32(values)


def _chunks(inputs: Inputs) -> list[Inputs]:
    return [inputs[start : start + _EXAMPLES_AT_ONCE] for start in range(0, len(inputs), _EXAMPLES_AT_ONCE)]
