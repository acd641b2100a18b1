"""Conversion to float32, with a check for lost precision."""

import numpy as np
import numpy.typing as npt

from runner.data.dataset import Inputs

_LOSS = 1e-3  # of a feature's standard deviation: too small to learn from, far above usual rounding
_VALUES_AT_ONCE = 2**22


def lost_feature(inputs: npt.NDArray[np.generic]) -> int | None:
    """Return the index of the first feature (or channel) that loses precision in float32.

    It does if rounding moves a value by more than a thousandth of the standard deviation: large numbers that differ
    little, such as times in seconds since 1970 that differ by hours.

    Args:
        inputs: (examples, ..., features), finite.
    """
    if np.can_cast(inputs.dtype, np.float32):
        return None
    rows = inputs.reshape(-1, inputs.shape[-1])
    step = max(1, _VALUES_AT_ONCE // rows.shape[1])
    largest = np.zeros(rows.shape[1])
    chunks = [rows[start : start + step] for start in range(0, len(rows), step)]
    total = sum((chunk.sum(axis=0, dtype=np.float64) for chunk in chunks), np.zeros(rows.shape[1]))
    squares = np.zeros(rows.shape[1])
    for chunk in chunks:
        exact = chunk.astype(np.float64)
        largest = np.maximum(largest, np.abs(exact - exact.astype(np.float32)).max(axis=0))
        squares += np.square(exact - total / len(rows)).sum(axis=0)
    deviation = np.sqrt(squares / len(rows))
    varies = rows.min(axis=0) < rows.max(axis=0)  # exact; a computed deviation may be 1e-17
    blurred = np.flatnonzero(varies & (largest > _LOSS * deviation))
    return int(blurred[0]) if len(blurred) else None


def as_float32(inputs: Inputs) -> npt.NDArray[np.float32]:
    """Return inputs as float32.

    Raises:
        ValueError: if a feature would lose precision.
    """
    if (feature := lost_feature(inputs)) is not None:
        raise ValueError(
            f"feature {feature} (from 0) holds large numbers whose differences are too small for float32: "
            "preprocessing=standardize, or subtract a constant from them"
        )
    return inputs.astype(np.float32)
