"""Heat map: means over two axes of a grid, or of variants on several data sets."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from runner.reporting.figures.drawing.appearance import ONE_COLUMN, TWO_COLUMNS
from runner.reporting.figures.drawing.axes import Axis
from runner.reporting.figures.drawing.canvas import canvas, plain, wrapped
from runner.reporting.figures.drawing.difference_axis import minus
from runner.reporting.figures.drawing.names import key_names, shown_name, shown_value
from runner.reporting.figures.drawing.plain_ticks import share_ticks
from runner.reporting.figures.forest_plot import WORDS
from runner.reporting.metrics import axis_label, is_share, sign_of, signed_text, spread_text

_MOST_CELLS_A_COLUMN = 4  # maximum number of columns of a heat map in one column of a paper
_ROW, _HIGH_ROW = 0.34, 0.44  # heights in inches of a row of two lines, and with the difference from the baseline
_TURNED = 9  # characters per inch above which names along an axis are rotated
_FAR = 5  # multiple of the typical distance from the best mean beyond which a mean does not determine the colours
_DARK = 0.5  # luminance of a cell below which text is white
_WEIGHTS = np.array([0.299, 0.587, 0.114])  # of red, green and blue in the luminance
DATASET = "dataset"


def heat_map(
    points: pd.DataFrame, across: Axis, down: Axis, metric: str, title: str, baseline: str | None = None
) -> Figure:
    """Draw mean and standard deviation of a metric for every pair of values; hatched: no run completed.

    Scores on different data sets have no common scale: each data set is a column with its own colour scale, for the
    difference from the baseline or, without one, for the score. The best value of each column is bold;
    without data sets, the best of all. Cells on several data sets also show the difference in parentheses. Without data
    sets, means far behind most others do not determine the colour scale.

    Args:
        points: one row per run: a column for the key of each axis, and score; NaN for a run without a score.
        baseline: value with which the others are compared, on the axis that is not the data sets.
    """
    is_apart = DATASET in (across.key, down.key)
    if down.key == DATASET or (not is_apart and len(down.levels) > len(across.levels)):
        across, down = down, across
    options: Any = {"index": down.key, "columns": across.key, "values": "score"}
    tables = [points.pivot_table(**options, aggfunc=how) for how in ("mean", "std")]
    mean, std = (table.reindex(index=down.levels, columns=across.levels).to_numpy(float) for table in tables)
    wide = len(across.levels) > _MOST_CELLS_A_COLUMN
    of_baseline = mean[down.levels.index(baseline)] if is_apart and baseline in down.levels else None
    height = (_ROW if of_baseline is None else _HIGH_ROW) * len(down.levels)
    figure, axes = canvas(title, TWO_COLUMNS if wide else ONE_COLUMN, 1.1 + height)
    images = _colors(axes, mean, metric, of_baseline, is_apart=is_apart)
    if np.isnan(mean).any():
        axes.patch.set(facecolor="white", edgecolor="0.4", hatch="////", linewidth=0)
    best = _best(mean, metric, is_apart=is_apart)
    for (row, column), value in np.ndenumerate(mean):
        text = spread_text(float(value), float(std[row, column]), metric).replace(" ±", "\n±")
        if of_baseline is not None and down.levels[row] != baseline and np.isfinite(value - of_baseline[column]):
            text += f"\n({minus(signed_text(float(value - of_baseline[column]), metric))})"
        look: dict[str, Any] = {"fontweight": "bold"} if best[row, column] else {}
        color = _text_color(images[column if is_apart else 0], row, 0 if is_apart else column)
        axes.text(column, row, text, ha="center", va="center", fontsize=6, color=color, **look)
    turned = max(map(len, across.levels)) * len(across.levels) > figure.get_figwidth() * _TURNED
    turn: Any = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"} if turned else {}
    axes.set_xticks(range(len(across.levels)), labels=[plain(shown_value(value)) for value in across.levels], **turn)
    rows = [shown_value(shown_name(value)) + " (baseline)" * (value == baseline and is_apart) for value in down.levels]
    axes.set_yticks(range(len(down.levels)), labels=[wrapped(name, 24) for name in rows])
    keys = key_names([across.key, down.key])
    axes.set(xlabel=plain(keys[across.key]), ylabel=wrapped(keys[down.key], 24))
    axes.set(xlim=(-0.5, len(across.levels) - 0.5), ylim=(len(down.levels) - 0.5, -0.5))
    if of_baseline is not None:
        end = images[0].get_clim()[1]
        bar = figure.colorbar(
            images[0], ax=axes, label=wrapped(f"compared with {shown_name(str(baseline))}, by data set", 30)
        )
        bar.set_ticks([-end, 0, end] if sign_of(metric) > 0 else [end, 0, -end], labels=["worse", "equal", "better"])
        bar.outline.set_visible(False)
    elif not is_apart and np.isfinite(mean).any():
        bar = figure.colorbar(images[0], ax=axes, extend=_extension(images[0]))
        bar.set_label(wrapped(f"mean {axis_label(metric)}", 24), fontsize="small")
        bar.outline.set_visible(False)
        if is_share(metric):
            share_ticks(bar.ax.yaxis)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return figure


def _colors(
    axes: Axes, mean: npt.NDArray[np.float64], metric: str, baseline: npt.NDArray[np.float64] | None, *, is_apart: bool
) -> list[AxesImage]:
    """Colour the cells on a common scale, or column by column; return the images.

    Args:
        baseline: means of the baseline by column; None: there is none.
    """
    if not is_apart:
        low, high = _near_range(mean, metric)
        return [axes.imshow(np.ma.masked_invalid(mean), cmap="cividis", aspect="auto", vmin=low, vmax=high)]
    values = mean if baseline is None else mean - baseline
    images = []
    for column in range(mean.shape[1]):
        place: dict[str, Any] = {"extent": (column - 0.5, column + 0.5, len(mean) - 0.5, -0.5), "aspect": "auto"}
        own = np.ma.masked_invalid(values[:, [column]])
        if baseline is None:
            images.append(axes.imshow(own, cmap="cividis", **place))
        else:
            end = float(np.abs(own).max() or 1.0) if own.count() else 1.0
            images.append(axes.imshow(own, cmap=_diverging(metric), vmin=-end, vmax=end, **place))
    return images


def _near_range(mean: npt.NDArray[np.float64], metric: str) -> tuple[float | None, float | None]:
    """Return the range of the means that are not far behind most others; None: there are no means."""
    values = mean[np.isfinite(mean)]
    if not len(values):
        return None, None
    behind = (sign_of(metric) * values).max() - sign_of(metric) * values
    near = values[behind <= _FAR * np.median(behind)] if np.median(behind) > 0 else values
    return float(near.min()), float(near.max())


def _extension(image: AxesImage) -> str:
    """Return the end of the colour bar beyond which there are means."""
    low, high = image.get_clim()
    values: npt.NDArray[np.float64] = np.ma.compressed(np.ma.asarray(image.get_array()))
    least, most = float(values.min()), float(values.max())
    return "min" if least < low else "max" if most > high else "neither"


def _diverging(metric: str) -> LinearSegmentedColormap:
    """Return the colours of differences, from worse to better in the order of the metric."""
    colors = [WORDS["worse"], "white", WORDS["better"]]
    return LinearSegmentedColormap.from_list("differences", colors if sign_of(metric) > 0 else colors[::-1])


def _best(mean: npt.NDArray[np.float64], metric: str, *, is_apart: bool) -> npt.NDArray[np.bool_]:
    """Mark the best value, of each column if the columns are data sets, and those that are equal to it as printed."""
    merits = np.where(np.isnan(mean), -np.inf, sign_of(metric) * mean)
    best = merits.max(axis=0, keepdims=True) if is_apart else merits.max(keepdims=True)
    found: npt.NDArray[np.bool_] = np.isfinite(merits) & np.isclose(merits, best, rtol=1e-9, atol=1e-9)
    return found


def _text_color(image: AxesImage, row: int, column: int) -> str:
    """Return black or white, whichever is easier to read on the colour of a cell."""
    value = np.ma.asarray(image.get_array())[row, column]
    if np.ma.is_masked(value):
        return "black"
    red, green, blue, _ = image.to_rgba(np.array([[value]]))[0, 0]
    return "white" if _WEIGHTS @ np.array([red, green, blue]) < _DARK else "black"
