"""Metrics: names, units, number formats, and whether higher or lower values are better."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from runner.records.record import QUANTITIES
from runner.reporting.statistics.ties import ROUNDING

_LESS_IS_BETTER = ("loss", "error", "negative_log_likelihood", "seconds", "_to_target")
_SHARES = ("accuracy", "precision", "recall", "f1")  # metrics for which higher is better
_MORE_IS_BETTER = ("auc", "f1_score", "iou", "io_u")  # parts of names; Keras writes mean_io_u
USUAL_METRICS = ("test_accuracy", "test_negative_log_likelihood", "test_loss", "val_accuracy", "val_loss")
WARM_SECONDS = "warm_seconds_to_target"  # excludes the compilation in the first epoch
TIMES_TO_TARGET = ("epochs_to_target", "seconds_to_target", WARM_SECONDS)  # missing if the run never reached the target


def sign_of(metric: str, direction: str | None = None) -> int:
    """Return 1 if higher values of a metric are better, -1 if lower ones are (a loss, an error, a time).

    Args:
        direction: max or min; None if no study or search sets it.
    """
    return {"max": 1, "min": -1}.get(direction or "", -1 if metric.endswith(_LESS_IS_BETTER) else 1)


def has_direction(metric: str) -> bool:
    """Return whether a metric has a better direction; a number of parameters, for example, has none."""
    return metric.endswith((*_LESS_IS_BETTER, *_SHARES, *_MORE_IS_BETTER))


def is_share(metric: str) -> bool:
    """Return whether a metric is a proportion between 0 and 1, which is displayed in percent."""
    return metric.endswith(_SHARES)


def validation_counterpart(metric: str) -> str:
    """Return the validation column for a test column; return any other column unchanged."""
    return f"val_{metric.removeprefix('test_')}" if metric.startswith("test_") else metric


_WORDS = {WARM_SECONDS: "seconds to target without compilation"}
_PARTS = {"val_": "validation ", "test_": "test ", "best_val_": "best validation "}
_TIMES = {"epochs_to_target": ".1f", "seconds_to_target": ".2f", WARM_SECONDS: ".2f"}


def quantity(metric: str) -> str:
    """Return the name of a metric in words."""
    part = next((part for part in _PARTS if metric.startswith(part)), "")
    name = metric.removeprefix(part)
    return _PARTS.get(part, "") + {**QUANTITIES, **_WORDS}.get(name, name.replace("_", " "))


def axis_label(metric: str) -> str:
    """Return the axis label of a metric, with its unit."""
    return f"{quantity(metric)}{' (%)' if is_share(metric) else ''}"


def device_name(device: Mapping[str, Any]) -> str:
    """Return the name of the GPU, or of the processor if no GPU was used; "" if the record has neither."""
    processor = device.get("processor") if device.get("kind") == "cpu" else None
    return str(processor or device.get("name") or device.get("kind") or "")


def value_text(value: float, metric: str) -> str:
    """Format the value of a metric: 97.31%, 0.0812 or 1.23e-07."""
    if math.isnan(value):
        return "-"
    return f"{100 * value:.2f}%" if is_share(metric) else f"{value:{_form(value, metric)}}"


def spread_text(mean: float, std: float, metric: str) -> str:
    """Format mean and standard deviation: 97.31 ± 0.12 (percent), 0.0812 ± 0.0031 or 1.23e-07 ± 4.56e-08."""
    if math.isnan(mean):
        return "-"
    scale, form = (100, ".2f") if is_share(metric) else (1, _form(mean, metric))
    spread = "" if math.isnan(std) else f" ± {std * scale:{form}}"
    return f"{mean * scale:{form}}{spread}"


def signed_text(value: float, metric: str, among: Sequence[float] = ()) -> str:
    """Format a difference: +0.21 or +0.0042 (percentage points), -0.0031 or -1.23e-07; "unbounded" if it is infinite.

    A difference of proportions that a rounding error explains is a tie, +0.00.

    Args:
        among: numbers shown next to it; a tiny value gets as many digits as the largest of these: -0.00 next to +0.45.
    """
    if math.isnan(value):
        return "-"
    if math.isinf(value):
        return "unbounded"
    largest = max([value, *filter(math.isfinite, among)], key=abs)
    if is_share(metric):
        points = value * 100 if exceeds_rounding(value) else 0.0
        return f"{points:+{'.2g' if points and abs(100 * largest) < 0.005 else '.2f'}}"
    return f"{value + 0.0:+{_form(largest, metric)}}"  # + 0.0 removes the sign of a negative zero


def exceeds_rounding(difference: float) -> bool:
    """Return whether a difference of two proportions, which are at most 1, is larger than their rounding errors."""
    return abs(difference) > ROUNDING


def shown_unit(metric: str) -> str:
    """Return the displayed unit of differences; "" for a metric without a unit."""
    if metric in TIMES_TO_TARGET:
        return "epochs" if metric.startswith("epochs") else "seconds"
    return "percentage points" if is_share(metric) else ""


def percent_hint(value: float) -> str:
    """Return a hint for an error message that a proportion may have been given in percent; "" if that is impossible."""
    return f"; {value / 100:g}?" if value <= 100 else ""


def margin_text(margin: float, metric: str) -> str:
    """Format a margin in the displayed unit of differences: "0.1 percentage points", "1 percentage point"."""
    number = f"{margin * (100 if is_share(metric) else 1):g}"
    unit = shown_unit(metric)
    return f"{number} {unit.removesuffix('s') if number == '1' else unit}".strip()


def detectable_text(difference: float, metric: str) -> str:
    """Format the smallest detectable difference with two digits: "0.12 percentage points"."""
    return margin_text(float(f"{difference:.2g}"), metric)


def error_text(error: float, metric: str) -> str:
    """Format a standard error: 0.05 (percentage points) or 0.0031."""
    return f"{100 * error:.2f}" if is_share(metric) else value_text(error, metric)


def spread_of(std: float, metric: str) -> str:
    """Format a standard deviation with two significant digits: 0.10 or 0.085 (percentage points), or 0.0031."""
    return f"{std * (100 if is_share(metric) else 1):#.2g}".rstrip(".")


def interval_text(comparison: "Mapping[Any, Any]", metric: str, interval: str = "ci") -> str:
    """Format an interval of a comparison, given the prefix of its columns: [+0.05, +0.37]."""
    ends = [comparison[f"{interval}_{end}"] for end in ("low", "high")]
    if math.isnan(ends[0]):
        return "-"
    return f"[{', '.join(signed_text(end, metric, ends) for end in ends)}]"


def seeds_interval(comparison: "Mapping[Any, Any]") -> str:
    """Return the column prefix of the interval over seeds; with planned looks, this is the repeated interval."""
    return "repeated" if comparison["looks"] else "ci"


def p_number(p_value: float) -> str:
    """Format a p value: 0.031 or <0.001."""
    return "<0.001" if p_value < 0.001 else f"{p_value:.3f}"


def p_equation(number: str) -> str:
    """Format a p value for a sentence: p = 0.031 or p < 0.001."""
    return f"p < {number[1:]}" if number.startswith("<") else f"p = {number}"


def _form(value: float, metric: str) -> str:
    """Return the format of a number that is not a proportion: four decimals, or three digits for small numbers."""
    return _TIMES.get(metric) or (".3g" if 0 < abs(value) < 0.001 else ".4f")
