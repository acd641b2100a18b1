"""Table and figures of an ensemble."""

import math
from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.table import Table
from rich.text import Text

from runner.reporting.ensemble import MEASURES
from runner.reporting.figures.drawing.appearance import ONE_COLUMN
from runner.reporting.figures.drawing.canvas import (
    PALETTE,
    canvas,
    count_axis,
    legend_below,
    panels,
    row_places,
    wrapped,
)
from runner.reporting.figures.drawing.plain_ticks import share_ticks

_HEADERS = ("val acc", "test acc", "test nll", "test ece")
_LABEL_WIDTH = 32  # characters of a label
_ROW = 0.25  # height in inches per variant with a one-line name


def ensemble_table(frame: pd.DataFrame, title: str) -> Table:
    """Return a table for the terminal: the members, their mean, the ensemble, and the ensemble's gain over the mean.

    `frame` is an `ensemble_frame`.
    """
    table = Table(title=Text(f"{title} (accuracies in percent)"), title_justify="left", caption_justify="left")
    table.add_column("variant", overflow="fold")
    table.add_column("seed", justify="right")
    for header in _HEADERS:
        table.add_column(header, justify="right", no_wrap=True)
    members, mean, ensemble = _parts(frame)
    for _, row in members.iterrows():
        table.add_row(Text(row["variant"].replace(",", ", ")), str(row["seed"]), *_cells(row))
    table.add_section()
    table.add_row("mean of the members", "", *_cells(mean))
    table.add_row("ensemble", "", *_cells(ensemble), style="bold")
    table.add_section()
    difference = ensemble[list(MEASURES)].astype(float) - mean[list(MEASURES)].astype(float)
    table.add_row("ensemble - mean", "", *_cells(difference, sign="+"))
    return table


def gain_text(frame: pd.DataFrame) -> str:
    """Describe the ensemble's gain in test accuracy, in percentage points.

    The fair comparison is with the member that validation would choose, not with the best member on the test set.
    """
    members, mean, ensemble = _parts(frame)
    chosen = members.sort_values("val_accuracy", ascending=False, kind="stable").iloc[0]
    over_mean, over_chosen = (100 * (ensemble["test_accuracy"] - other["test_accuracy"]) for other in (mean, chosen))
    lines = [
        f"Ensemble test accuracy: {over_mean:+.2f} percentage points relative to the mean of its",
        f"members, {over_chosen:+.2f} relative to the member that is best on validation.",
    ]
    if math.isnan(ensemble["val_accuracy"]):
        lines.append("No validation accuracy: the validation examples of the members differ.")
    return "\n".join(lines)


def ensemble_figure(frame: pd.DataFrame, title: str) -> Figure:
    """Draw the members' test accuracy and negative log likelihood, one row per variant, below those of the ensemble.

    `frame` is an `ensemble_frame`.
    """
    members, _, _ = _parts(frame)
    variants = list(dict.fromkeys(members["variant"]))
    labels = ["ensemble", *(wrapped(name, _LABEL_WIDTH) for name in variants)]
    middles, rows = row_places(labels)
    places = dict(zip(["", *variants], middles, strict=True))
    figure, (left, right) = panels(2, title, height=1.3 + _ROW * rows)
    _dots(left, frame, "test_accuracy", places)
    left.set_xlabel("test accuracy (%)")
    share_ticks(left.xaxis)
    left.set_yticks(middles, labels=labels)
    _dots(right, frame, "test_negative_log_likelihood", places)
    right.set_xlabel("test negative log likelihood")
    right.set_yticks(middles, labels=[])
    for axes in (left, right):
        axes.set_ylim(rows, 0)
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize="small")
    return figure


def size_figure(frame: pd.DataFrame, title: str) -> Figure:
    """Draw the test accuracy against the number of members: the mean over subsets as a line, their range as a band.

    `frame` is a `size_frame`.
    """
    figure, axes = canvas(title, ONE_COLUMN, 2.6)
    axes.plot(frame["members"], frame["mean"], color=PALETTE[0], marker="o", markersize=3, label="mean over subsets")
    axes.fill_between(
        frame["members"], frame["min"], frame["max"], color=PALETTE[0], alpha=0.18, linewidth=0, label="their range"
    )
    count_axis(axes, "members")
    axes.set_ylabel("test accuracy (%)")
    share_ticks(axes.yaxis)
    legend_below(figure, axes)
    return figure


def _dots(axes: Axes, frame: pd.DataFrame, measure: str, places: Mapping[str, float]) -> None:
    """Draw a measure; `places` maps each variant, and "" for the ensemble, to its row."""
    members, mean, ensemble = _parts(frame)
    rows = [places[variant] for variant in members["variant"]]
    axes.axvline(mean[measure], color="0.4", linestyle=":", label="mean of the members")
    axes.axvline(ensemble[measure], color=PALETTE[1], linewidth=0.8)
    axes.plot(members[measure], rows, "o", color=PALETTE[0], alpha=0.7, label="member")
    axes.plot(ensemble[measure], places[""], "D", color=PALETTE[1], markersize=8, label="ensemble")


def _parts(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Return the members' rows, the row of their mean, and the row of the ensemble."""
    by_role = {role: frame[frame["role"] == role] for role in ("member", "mean", "ensemble")}
    return by_role["member"], by_role["mean"].iloc[0], by_role["ensemble"].iloc[0]


def _cells(row: pd.Series, sign: str = "") -> list[str]:
    cells = []
    for name in MEASURES:
        value, digits = (100 * row[name], 2) if name.endswith("accuracy") else (row[name], 4)
        cells.append("-" if math.isnan(value) else f"{value:{sign}.{digits}f}")
    return cells
