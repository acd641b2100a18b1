"""Data of the page's charts, as JSON: the styles of the variants, and every run's curves."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.colors import to_hex

from runner.reporting.collection.settings import NONE, Settings
from runner.reporting.comparison.folds import Unit
from runner.reporting.figures.drawing.curves import FEW_RUNS, WIDE_RANGE
from runner.reporting.figures.drawing.styles import MOST_SHOWN, Style, variant_styles
from runner.reporting.metrics import axis_label, is_share, quantity, shown_unit, validation_counterpart
from runner.reporting.results import Results
from runner.reporting.sentences.captions import PENALTY, RUNNING
from runner.reporting.statistics.significance.attainability import CONFIDENCE
from runner.reporting.statistics.t_quantile import t_quantile
from runner.reporting.targets import warm_seconds

_MOST = 250_000  # maximum number of values in all curves together; beyond it, epochs are thinned out evenly
_DIGITS = 5  # significant digits of a number
_FEW = 0.05  # share of the lowest values that do not decide whether an axis is logarithmic
_DECIMALS = 2  # of a proportion in percent, as in the tables
_NO_CURVES = ("position", "run_id", "variant", "seed", "epoch")
_BATCH = "training.batch_size"
_FIRST = ("accuracy", "loss", "negative_log_likelihood")  # order of the curves


def chart_data(results: Results, differences: pd.DataFrame, settings: Settings) -> str:
    """Return the data of the charts; "" if no run has a curve.

    It is a JSON object without `<`, so no text in it can close the enclosing element.

    Args:
        differences: frame of the differences by epoch, as from `differences_by_epoch`.
        settings: settings of the runs.
    """
    if results.history.empty:
        return ""
    numbers = results.history.select_dtypes("number").replace([np.inf, -np.inf], np.nan)
    columns = [column for column in numbers if column not in _NO_CURVES and numbers[column].notna().any()]
    epochs = _shown_epochs(results.history, len(columns) + 1)
    curves = _Curves.of(results.history, epochs, len(results.runs))
    styles = _styles(results)
    panels = {name: [side for side in (name, f"val_{name}") if side in columns] for name in _names(columns)}
    positions = {variant: position for position, variant in enumerate(styles)}
    shown = results.print_names
    metrics = [
        _metric(name, [(side, curves.of_column(numbers[side])) for side in sides]) for name, sides in panels.items()
    ]
    data = {
        "epochs": epochs,
        "thinned": len(epochs) < results.history["epoch"].nunique(),
        "unit": results.unit.noun,
        "few": FEW_RUNS,
        "confidence": f"{CONFIDENCE:.0%}",
        "penalty": PENALTY,
        "running": RUNNING,
        "reach": _reach(len(results.runs), results.unit),
        "variants": [{"name": shown.get(name, name), **_drawn(style)} for name, style in styles.items()],
        "palette": [_drawn(style) for style in variant_styles([*map(str, range(MOST_SHOWN))], [], None).values()],
        "runs": [
            [positions[variant], str(seed)]
            for variant, seed in zip(results.summary["variant"], results.summary["seed"], strict=True)
        ],
        "datasets": [*results.summary["dataset"]],
        "settings": _settings(settings),
        "steps": _steps(results, settings),
        "seconds": _seconds(numbers, results.history["position"], curves),
        "metrics": metrics + _difference(results, differences, epochs, positions),
    }
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _styles(results: Results) -> dict[str, Style]:
    """Return the styles of the variants; as in the figures, a variant has the same style on all data sets."""
    if not results.has_several_datasets:
        return variant_styles(results.variants, results.ranked, results.baseline)
    arms = dict(zip(results.summary["variant"], results.summary["arm"], strict=True))
    ranked = dict.fromkeys(arms[variant] for variant in results.ranked)
    baselines = {arms[baseline] for baseline in results.baselines.values() if baseline in arms}
    baseline = baselines.pop() if len(baselines) == 1 else None
    styles = variant_styles([*dict.fromkeys(arms.values())], [*ranked], baseline)
    return {variant: styles[arm] for variant, arm in arms.items()}


def _drawn(style: Style) -> dict[str, Any]:
    return {"color": to_hex(style.color), "dash": style.dash, "shown": style.shown}


def _settings(settings: Settings) -> dict[str, Any]:
    """Return the keys in which runs differ, each with its values in the different configurations."""
    values = [[own.get(key, NONE) for own in settings.configurations] for key in settings.keys]
    return {"keys": settings.keys, "values": values, "ofRuns": settings.of_runs}


def _steps(results: Results, settings: Settings) -> list[int] | None:
    """Return each run's number of steps per epoch; None if any is unknown."""
    steps = []
    for position, run in enumerate(results.runs):
        batch, train = settings.of(position).get(_BATCH, ""), run.record.dataset.get("train", 0)
        if not train or not (batch == "full" or batch.isdecimal()):
            return None
        steps.append(1 if batch == "full" else math.ceil(train / max(1, int(batch))))
    return steps


def _seconds(numbers: pd.DataFrame, position: "pd.Series[int]", curves: "_Curves") -> list[list[float | None]] | None:
    """Return the training seconds up to the end of each epoch, excluding compilation; None if they are unknown."""
    if "seconds" not in numbers or numbers["seconds"].isna().any():
        return None
    return [_trimmed(row) for row in curves.of_column(warm_seconds(numbers["seconds"], position)).tolist()]


def _difference(
    results: Results, differences: pd.DataFrame, epochs: list[int], positions: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Return the differences from the baseline by epoch, with a curve for each variant; empty without differences."""
    if len({*differences["epoch"]}) < 2:
        return []
    metric, scale = results.validation_metric, 100 if is_share(results.validation_metric) else 1
    curves: list[dict[str, Any] | None] = [None] * len(positions)
    for variant, own in differences.groupby("variant", sort=False):
        shown = own.set_index("epoch").reindex(epochs)
        values = {name: _trimmed((scale * shown[name].astype(float)).tolist()) for name in ("mean", "low", "high")}
        seeds = [_trimmed((scale * seed).tolist()) for seed in _few_seeds(own, epochs)]
        curves[positions[str(variant)]] = {"n": int(own["n"].iloc[0]), **values, "seeds": seeds}
    unit = f" ({shown_unit(metric)})" if shown_unit(metric) else ""
    baseline = results.print_names.get(results.baseline or "", results.baseline or "the baseline")
    label = f"difference in {quantity(metric)} from {baseline}{unit}"
    margin = (
        None if results.margin is None or metric != validation_counterpart(results.metric) else scale * results.margin
    )
    decimals = _DECIMALS if is_share(metric) else None
    panels = [{"label": f"difference{unit}", "curves": curves}]
    return [
        {
            "name": "difference",
            "label": label,
            "share": False,
            "decimals": decimals,
            "log": False,
            "margin": margin,
            "panels": panels,
        }
    ]


def _few_seeds(own: pd.DataFrame, epochs: list[int]) -> list["pd.Series[float]"]:
    """Return the differences of each seed of a variant; none if the seeds are enough for a band."""
    if own["n"].iloc[0] > FEW_RUNS:
        return []
    by_seed = pd.DataFrame(own["by_seed"].tolist(), own["epoch"]).reindex(epochs)
    return [by_seed[seed] for seed in by_seed]


def _shown_epochs(history: pd.DataFrame, columns: int) -> list[int]:
    """Return the epochs of the curves: all or, if there are too many, evenly spaced ones that include the last."""
    epochs: list[int] = sorted({*history["epoch"].astype(int).tolist()})
    step = math.ceil(len(history) * columns / _MOST)
    return epochs[:: -max(1, step)][::-1]


def _names(columns: Sequence[Any]) -> list[str]:
    """Return the quantities with curves; training and validation curves of a quantity count as one."""
    names = dict.fromkeys(str(column).removeprefix("val_") for column in columns)
    return [*(name for name in _FIRST if name in names), *(name for name in names if name not in _FIRST)]


@dataclass(frozen=True)
class _Curves:
    """The positions of the history's rows in a table of runs and epochs."""

    rows: npt.NDArray[np.intp]  # rows of the history that are shown
    runs: npt.NDArray[np.intp]
    epochs: npt.NDArray[np.intp]
    shape: tuple[int, int]

    @classmethod
    def of(cls, history: pd.DataFrame, epochs: list[int], runs: int) -> "_Curves":
        rows = np.flatnonzero(history["epoch"].isin(epochs))
        shown = history.iloc[rows]
        places = np.searchsorted(epochs, shown["epoch"].to_numpy(int))
        return cls(rows, shown["position"].to_numpy(np.intp), places, (runs, len(epochs)))

    def of_column(self, values: "pd.Series[float]") -> npt.NDArray[np.float64]:
        """Return the values of each run by epoch, NaN for missing ones."""
        table = np.full(self.shape, np.nan)
        table[self.runs, self.epochs] = values.to_numpy(float)[self.rows]
        return table


def _metric(name: str, sides: Sequence[tuple[str, npt.NDArray[np.float64]]]) -> dict[str, Any]:
    """Return the curves of a quantity: one panel for training and one for validation, each with one list per run."""
    panels = []
    for column, table in sides:
        side = "validation " if column.startswith("val_") else "training " if len(sides) > 1 else ""
        rows = (100 * table if is_share(name) else table).tolist()
        panels.append({"label": f"{side}{axis_label(name)}", "values": [_trimmed(row) for row in rows]})
    values = np.concatenate([table.ravel() for _, table in sides])
    known = values[~np.isnan(values)]
    # A rate that decays to almost 0 at the end of a few runs does not make a logarithmic axis useful.
    is_wide = not is_share(name) and len(known) > 0 and known.min() > 0
    is_wide = is_wide and known.max() > WIDE_RANGE * np.quantile(known, _FEW)
    return {
        "name": name,
        "label": axis_label(name),
        "share": is_share(name),
        "decimals": _DECIMALS if is_share(name) else None,
        "log": bool(is_wide),
        "panels": panels,
    }


def _trimmed(row: list[float]) -> list[float | None]:
    """Return the values of a run, rounded to a few digits, up to its last value; None in a gap."""
    values = [None if math.isnan(value) else _rounded(value) for value in row]
    while values and values[-1] is None:
        values.pop()
    return values


def _rounded(value: float) -> float:
    """Round a number to a few digits; return an integer if it is whole."""
    short = float(f"{value:.{_DIGITS}g}")
    return int(short) if short.is_integer() and abs(short) < 10**_DIGITS else short


def _reach(most: int, unit: Unit) -> list[float]:
    """Return the factors that turn standard deviations of 0, 1, 2, ... runs into half-widths of their intervals."""
    n = np.arange(2, most + 1)
    factors = t_quantile(n - 1) / np.sqrt(n / (1 + n * unit.overlap))
    return [0.0, 0.0, *factors.round(5).tolist()][: most + 1]
