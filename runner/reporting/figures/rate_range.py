"""Learning-rate range test: suggested learning rate and figure."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure

from runner.records.run_directory import RunDirectory
from runner.reporting.figures.drawing.canvas import PALETTE, canvas

_FEWEST_STEPS = 20
_SHARE = 1 / 50  # span of the smoothing, as a share of the steps
_FEWEST_REMEMBERED = 5
_EXPLODED = 4  # multiple of the lowest loss so far
_LEAST_FALL = 0.1  # share of the initial loss
_BELOW_LOWEST = 3


def is_range_test(steps: pd.DataFrame) -> bool:
    """Return whether the learning rate rose at every step."""
    return len(steps) > 1 and bool((np.diff(steps["learning_rate"]) > 0).all())


def suggestion_of(directory: RunDirectory) -> float | None:
    """Return the learning rate that a run's steps suggest; None if the run was not a range test."""
    if not directory.steps_path.exists():
        return None
    steps = pd.read_csv(directory.steps_path)
    return suggest(steps) if is_range_test(steps) else None


def suggest(steps: pd.DataFrame) -> float | None:
    """Return the learning rate that a range test suggests: a third of the rate at which the smoothed loss is lowest.

    A third gave a higher validation accuracy than the customary tenth in all eight cases tested: MLP and CNN on MNIST
    with SGD, momentum, RMSprop and Adam (one or two epochs; range test of 750 steps from 1e-6 to 10; one seed).

    Args:
        steps: columns learning_rate (rising) and loss; one row per training step.

    Returns:
        The rate; None for fewer than 20 steps before the loss explodes, or if the loss falls by less than a tenth.

    Source: Smith 2017, "Cyclical Learning Rates for Training Neural Networks", sec. 3.3, for the test.
    """
    smooth = smoothed(steps["loss"].to_numpy())
    if len(smooth) < _FEWEST_STEPS:
        return None
    at_start = np.median(smooth[: len(smooth) // 10])
    if smooth.min() > (1 - _LEAST_FALL) * at_start:
        return None
    return float(steps["learning_rate"].iloc[int(smooth.argmin())] / _BELOW_LOWEST)


def smoothed(losses: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the exponential moving average of the losses, until it is not finite or exceeds 4 times its lowest value.

    The average has bias correction, like fastai's. Its span is proportional to the number of steps, so its delay is a
    fixed share of the range of rates.

    Args:
        losses: (steps,).

    Returns:
        (at most steps,).
    """
    remembered = max(_FEWEST_REMEMBERED, _SHARE * len(losses))
    finite = losses[: _first(~np.isfinite(losses))]
    average = pd.Series(finite).ewm(alpha=1 / remembered, adjust=True).mean().to_numpy()
    return average[: _first(average > _EXPLODED * np.minimum.accumulate(average))]


def rate_range(steps: pd.DataFrame, title: str) -> Figure:
    """Draw the loss of every step against its learning rate, the smoothed loss, and the suggested rate.

    `steps` has columns learning_rate (rising) and loss; one row per training step.
    """
    figure, axes = canvas(title)
    smooth = smoothed(steps["loss"].to_numpy())
    rates = steps["learning_rate"].to_numpy()
    axes.plot(rates, steps["loss"], color=PALETTE[0], linewidth=0.6, alpha=0.45, label="each step")
    axes.plot(rates[: len(smooth)], smooth, color=PALETTE[0], linewidth=2, label="smoothed")
    if suggestion := suggest(steps):
        axes.axvline(suggestion, color=PALETTE[1], linestyle="--")
        axes.annotate(
            f"suggestion: {suggestion:.2g}",
            (suggestion, 0.98),
            xycoords=axes.get_xaxis_transform(),
            xytext=(-5, 0),
            textcoords="offset points",
            ha="right",
            va="top",
            color=PALETTE[1],
        )
    axes.set(xscale="log", xlabel="learning rate", ylabel="loss")
    if len(smooth):
        # The panel shows the start and the fall of the loss; an exploding loss runs off its upper edge.
        before = smooth[: int(smooth.argmin()) + 1]
        room = 0.15 * max(np.ptp(before), 0.1 * abs(before.max()))
        axes.set_ylim(before.min() - 2 * room, before.max() + 2 * room)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize="small")
    return figure


def _first(happens: npt.NDArray[np.bool_]) -> int:
    """Return the first true position, or the length if there is none."""
    return int(happens.argmax()) if happens.any() else len(happens)
