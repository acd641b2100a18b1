"""Learning-rate schedules that Keras lacks, or defines with different conventions.

Step 0 is the first update. Lengths and boundaries are numbers of steps.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import keras
from keras.optimizers.schedules import CosineDecay, LearningRateSchedule, PiecewiseConstantDecay, PolynomialDecay


def piecewise(
    initial_learning_rate: float, boundaries: Sequence[int], factors: Sequence[float]
) -> PiecewiseConstantDecay:
    """Return a piecewise constant rate: the base rate times a new factor from each boundary on.

    Args:
        boundaries: increasing steps.
        factors: one for the steps before the first boundary, then one for each boundary.

    Raises:
        ValueError: if boundaries do not increase from at least 1, or the number of factors does not fit.
    """
    if not boundaries or any(later <= earlier for earlier, later in pairwise([0, *boundaries])):
        raise ValueError(f"boundaries={list(boundaries)} (in steps): must be increasing, and at least 1")
    if len(factors) != len(boundaries) + 1:
        raise ValueError(f"factors={list(factors)}: must have {len(boundaries) + 1} items, one more than boundaries")
    # Keras's class keeps the old rate at the boundary step itself.
    return PiecewiseConstantDecay(
        [boundary - 1 for boundary in boundaries], [initial_learning_rate * factor for factor in factors]
    )


def multi_step(initial_learning_rate: float, boundaries: Sequence[int], gamma: float) -> PiecewiseConstantDecay:
    """Return a rate that is multiplied by `gamma` from each boundary on, as in PyTorch's MultiStepLR.

    Raises:
        ValueError: if boundaries do not increase from at least 1.
    """
    return piecewise(initial_learning_rate, boundaries, [gamma**passed for passed in range(len(boundaries) + 1)])


def warmup_cosine(initial_learning_rate: float, warmup_steps: int, decay_steps: int, alpha: float = 0.0) -> CosineDecay:
    """Return a rate with a linear warm-up from 0 to the base rate, then cosine decay to `alpha` times the base rate.

    Args:
        decay_steps: end of the cosine, counted from step 0 (Keras's class counts from the end of the warm-up).

    Raises:
        ValueError: if the warm-up is not shorter than `decay_steps`.

    Source: Goyal et al. 2017, "Accurate, Large Minibatch SGD", sec. 2.2, for the warm-up; Loshchilov & Hutter 2017,
        "SGDR", eq. 5, for the cosine.
    """
    if warmup_steps >= decay_steps:
        raise ValueError(f"warmup_steps={warmup_steps}: must be below decay_steps={decay_steps} (both in steps)")
    return CosineDecay(
        0.0, decay_steps - warmup_steps, alpha=alpha, warmup_target=initial_learning_rate, warmup_steps=warmup_steps
    )


def range_test(
    initial_learning_rate: float, decay_steps: int, start_factor: float, end_factor: float
) -> PolynomialDecay:
    """Return a rate that changes linearly from `start_factor` to `end_factor` times the base rate.

    Source: Smith 2017, "Cyclical Learning Rates for Training Neural Networks", sec. 3.3.
    """
    return PolynomialDecay(
        initial_learning_rate * start_factor, decay_steps, end_learning_rate=initial_learning_rate * end_factor
    )


class OneCycle(LearningRateSchedule):
    """One-cycle policy: the rate rises along a cosine to the base rate, then falls along a cosine to nearly 0.

    It starts at base rate / div_factor, reaches the base rate at step pct_start * decay_steps - 1, and ends with start
    / final_div_factor at the last step, decay_steps - 1, like PyTorch's OneCycleLR. Unlike OneCycleLR and the paper, it
    keeps the momentum constant.

    Raises:
        ValueError: if `pct_start` is not between 0 and 1, or a divisor is not positive.

    Source: Smith & Topin 2018, "Super-Convergence".
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        pct_start: float = 0.3,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
    ) -> None:
        if not 0 < pct_start < 1:
            raise ValueError(f"pct_start={pct_start}: must be above 0 and below 1")
        if min(div_factor, final_div_factor) <= 0:
            raise ValueError(f"div_factor={div_factor}, final_div_factor={final_div_factor}: must be above 0")
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.pct_start = pct_start
        self.div_factor = div_factor
        self.final_div_factor = final_div_factor

    def __call__(self, step: Any) -> Any:
        """Return the rate at a step."""
        step = keras.ops.cast(step, keras.config.floatx())
        start = self.initial_learning_rate / self.div_factor
        peak, last = self.pct_start * self.decay_steps - 1, self.decay_steps - 1
        # A run of at most three steps has no step before the peak.
        rising = _along_cosine(start, self.initial_learning_rate, step / peak if peak > 0 else 1.0)
        falling = _along_cosine(
            self.initial_learning_rate, start / self.final_div_factor, (step - peak) / (last - peak)
        )
        return keras.ops.where(step <= peak, rising, falling)

    def get_config(self) -> dict[str, Any]:
        """Return the schedule's arguments."""
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "pct_start": self.pct_start,
            "div_factor": self.div_factor,
            "final_div_factor": self.final_div_factor,
        }


class Noam(LearningRateSchedule):
    """Noam schedule: a linear warm-up to the base rate, then a decay with the inverse square root of the step.

    eta min(sqrt(w / t), t / w), with the warm-up's length w and t = step + 1: the first step's rate is above 0, and
    step w - 1 has the base rate. The paper's factor, its model width to the power of -1/2, is part of the base rate.

    Raises:
        ValueError: if the warm-up is shorter than one step.

    Source: Vaswani et al. 2017, "Attention Is All You Need", eq. 3.
    """

    def __init__(self, initial_learning_rate: float, warmup_steps: int) -> None:
        if warmup_steps < 1:
            raise ValueError(f"warmup_steps={warmup_steps}: must be at least 1")
        self.initial_learning_rate = initial_learning_rate
        self.warmup_steps = warmup_steps

    def __call__(self, step: Any) -> Any:
        """Return the rate at a step."""
        share = (keras.ops.cast(step, keras.config.floatx()) + 1.0) / self.warmup_steps
        return self.initial_learning_rate * keras.ops.minimum(keras.ops.rsqrt(share), share)

    def get_config(self) -> dict[str, Any]:
        """Return the schedule's arguments."""
        return {"initial_learning_rate": self.initial_learning_rate, "warmup_steps": self.warmup_steps}


def _along_cosine(start: float, end: float, share: Any) -> Any:
    """Return the value of a half cosine wave from `start` to `end` at a share of its length; `end` beyond it."""
    return end + (start - end) / 2 * (1 + keras.ops.cos(math.pi * keras.ops.minimum(share, 1.0)))
