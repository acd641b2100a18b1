"""Correctness of a run's predictions on the test examples."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Answers:
    """The labels of a run's test examples, and whether it classified each correctly; both (examples,)."""

    labels: npt.NDArray[np.int32]
    right: npt.NDArray[np.bool_]
    resampled: npt.NDArray[np.float64] | None = None  # (resamples,), the metric in each resample of the examples
