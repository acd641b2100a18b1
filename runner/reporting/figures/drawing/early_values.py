"""Early outliers of a loss, such as the first epoch of a run with a too large learning rate, which stretch an axis."""

import numpy as np
import pandas as pd

_EARLY = 0.05  # share of the epochs, but at least the first one, in which values are early
_FAR = 10  # multiple of the largest later value beyond which an early value may lie outside the axis
_MOST = 1 / 2  # largest share of the runs that may have early outliers


def early_top(history: pd.DataFrame, column: str) -> float:
    """Return the largest value that is not an early outlier; infinity if there are no such outliers.

    Early outliers are values at the beginning that are more than ten times the largest later value, and so far above
    it that on a logarithmic axis they would take more room than all later values. They are values of at most half of
    the runs.

    Args:
        history: one row per run and epoch, with the epoch and the column.
    """
    values, epochs = history[column].to_numpy(float), history["epoch"].to_numpy()
    is_finite = np.isfinite(values)
    first, last = int(epochs.min(initial=1)), int(epochs.max(initial=1))
    is_early = epochs < first + max(1, round(_EARLY * (last - first + 1)))
    later = values[is_finite & ~is_early]
    if not len(later) or later.max() <= 0:
        return np.inf
    near, low = float(later.max()), float(values[is_finite].min())
    limit = near * max(_FAR, near / low if low > 0 else 0)
    is_far = is_finite & (values > limit)
    if not 0 < is_far[epochs == first].mean() <= _MOST:
        return np.inf
    return float(values[is_finite & ~is_far].max())
