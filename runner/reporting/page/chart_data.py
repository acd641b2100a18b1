"""Data of the page's charts, as JSON: the styles of the variants, and every run's curves."""

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex
from scipy import stats

from runner.reporting.figures.curves import WIDE_RANGE
from runner.reporting.figures.styles import variant_styles
from runner.reporting.folds import Unit
from runner.reporting.metrics import axis_label, is_share
from runner.reporting.results import Results
from runner.reporting.statistics.attainability import CONFIDENCE

_MOST = 250_000  # numbers of all curves; longer ones lose epochs evenly
_DIGITS = 5  # significant ones of a number
_NO_CURVES = ("position", "run_id", "variant", "seed", "epoch")
_FIRST = ("accuracy", "loss", "negative_log_likelihood")  # order of the curves


def chart_data(results: Results) -> str:
    """Return the data of the charts; "" if no run has a curve.

    A JSON object without `<`, so that no text in it ends the element that holds it.
    """
    if results.history.empty:
        return ""
    numbers = results.history.select_dtypes("number").replace([np.inf, -np.inf], np.nan)
    columns = [column for column in numbers if column not in _NO_CURVES and numbers[column].notna().any()]
    epochs = _shown_epochs(results.history, len(columns))
    shown = results.history["epoch"].isin(epochs)
    runs = results.history.loc[shown, ["position", "epoch"]].join(numbers.loc[shown, columns])
    styles = variant_styles(results.variants, results.ranked, results.baseline)
    panels = {name: [side for side in (name, f"val_{name}") if side in columns] for name in _names(columns)}
    data = {
        "epochs": epochs,
        "thinned": len(epochs) < results.history["epoch"].nunique(),
        "unit": results.unit.noun,
        "confidence": f"{CONFIDENCE:.0%}",
        "reach": _reach(len(results.runs), results.unit),
        "variants": [
            {"name": name, "color": to_hex(style.color), "dash": style.dash, "shown": style.shown}
            for name, style in styles.items()
        ],
        "runs": [
            [results.variants.index(variant), str(seed)]
            for variant, seed in zip(results.summary["variant"], results.summary["seed"], strict=True)
        ],
        "metrics": [_metric(name, sides, runs, epochs, len(results.runs)) for name, sides in panels.items()],
    }
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _shown_epochs(history: pd.DataFrame, columns: int) -> list[int]:
    """Return the epochs of the curves: all, or evenly many if they are too many numbers; always the last."""
    epochs: list[int] = sorted({*history["epoch"].astype(int).tolist()})
    step = math.ceil(len(history) * columns / _MOST)
    return epochs[:: -max(1, step)][::-1]


def _names(columns: Sequence[Any]) -> list[str]:
    """Return the quantities with curves, each once for training and validation."""
    names = dict.fromkeys(str(column).removeprefix("val_") for column in columns)
    return [*(name for name in _FIRST if name in names), *(name for name in names if name not in _FIRST)]


def _metric(name: str, columns: Sequence[str], history: pd.DataFrame, epochs: list[int], runs: int) -> dict[str, Any]:
    """Return the curves of a quantity: a panel for training and one for validation, each with a list for each run."""
    scale = 100 if is_share(name) else 1
    panels, smallest, largest = [], math.inf, -math.inf
    for column in columns:
        curves: list[list[float | None]] = [[]] * runs
        ends = history.pivot_table(index="position", columns="epoch", values=column, aggfunc="last", dropna=False)
        ends = ends.reindex(columns=epochs)
        for position, values in zip(ends.index, ends.to_numpy(float).tolist(), strict=True):
            curves[position] = [None if math.isnan(value) else _rounded(scale * value) for value in values]
            while curves[position] and curves[position][-1] is None:
                curves[position].pop()
        known = [value for curve in curves for value in curve if value is not None]
        smallest, largest = min([smallest, *known]), max([largest, *known])
        words = axis_label(name)
        side = "validation " if column.startswith("val_") else "training " if len(columns) > 1 else ""
        panels.append({"label": f"{side}{words}", "values": curves})
    is_wide = not is_share(name) and smallest > 0 and largest > WIDE_RANGE * smallest
    return {"name": name, "label": axis_label(name), "share": is_share(name), "log": is_wide, "panels": panels}


def _rounded(value: float) -> float:
    """Return a number with few digits, without a fraction where it has none."""
    short = float(f"{value:.{_DIGITS}g}")
    return int(short) if short.is_integer() and abs(short) < 10**_DIGITS else short


def _reach(most: int, unit: Unit) -> list[float]:
    """Return by the number of runs what multiplies their standard deviation to reach the ends of the interval."""
    factors = [
        stats.t.ppf((1 + CONFIDENCE) / 2, n - 1) / math.sqrt(n / (1 + n * unit.overlap)) if n > 1 else 0.0
        for n in range(most + 1)
    ]
    return [round(float(factor), 5) for factor in factors]
