"""Power of comparisons: the differences that the seeds of a report can detect, and the seeds that one requires."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from runner.core.errors import UserError
from runner.core.terminal import say
from runner.core.text import counted
from runner.core.write import json_text
from runner.records.design import CORRECTION_NAMES, MOST_SEEDS
from runner.reporting.comparison.pairs import paired_differences
from runner.reporting.metric_choice import in_unit
from runner.reporting.metrics import detectable_text, margin_text, quantity, shown_unit
from runner.reporting.results import Results
from runner.reporting.statistics.power import (
    COARSE,
    ENOUGH_PAIRS,
    POWER,
    Design,
    detectable,
    seeds_for_difference,
    seeds_for_equivalence,
    spread_factors,
)
from runner.reporting.statistics.significance.attainability import LEVEL
from runner.reporting.tables.csv_files import without_formulas
from runner.reporting.targets import is_time

_ENDS = ("", "_low", "_high")
POWER_COLUMNS = [
    "variant", "baseline", "metric", "pairs", "std", "std_low", "std_high", "power", "seeds",
    *(f"detectable{end}" for end in _ENDS), "difference", *(f"seeds_for_difference{end}" for end in _ENDS),
    "margin", *(f"seeds_for_equivalence{end}" for end in _ENDS), "correction", "comparisons", "method",
]  # fmt: skip
_MOST = f"> {MOST_SEEDS:,}"


@dataclass(frozen=True)
class PowerWish:
    """A user's options for a power analysis."""

    difference: float | None = None  # true difference to detect, in the metric's unit; None: none is given
    seeds: int | None = None  # number of seeds of each variant; None: the pairs of each comparison
    power: float = POWER

    def refuse(self, metric: str) -> None:
        """Raise UserError for an invalid option."""
        if self.difference is not None:
            in_unit("--difference", self.difference, metric)
        if self.seeds is not None and self.seeds not in range(2, MOST_SEEDS + 1):
            raise UserError(f"--seeds {self.seeds}: must be a number of seeds, 2 to {MOST_SEEDS:,}")
        if not LEVEL < self.power < 1:
            raise UserError(f"--power {self.power:g}: must be above {LEVEL:g} and below 1, such as {POWER:g}")


def power_frame(results: Results, wish: PowerWish) -> pd.DataFrame:
    """Return one row for each paired comparison: `POWER_COLUMNS`.

    The limits `_low` and `_high` follow from the 95% interval of the standard deviation, whose estimate from few pairs
    is uncertain. They assume normally distributed differences.

    Raises:
        UserError: if an option is invalid, or no two variants share two seeds.
    """
    wish.refuse(results.metric)
    if is_time(results.metric):
        raise UserError(f"--metric {results.metric}: the power for times to a target is unknown; choose another metric")
    if results.folds:
        raise UserError(
            "these are folds of cross-validation, and the number of repetitions needed to detect a difference is "
            "unknown; the report on these runs states the differences that they could have shown (detectable)"
        )
    differences = paired_differences(results.summary, results.metric, results.baselines)
    if max(map(len, differences.values()), default=0) < 2:
        raise UserError(
            "no variant shares two completed seeds with its baseline, so the spread of the paired differences in "
            f"{quantity(results.metric)} is unknown; train a pilot of a few seeds first (seeds=3)"
        )
    places = range(len(differences))
    if results.correction == "max_t":
        dataset_of = dict(zip(results.summary["variant"], results.summary["dataset"], strict=True))
        datasets = [dataset_of[variant] for variant in differences]
        joint = Design.of([*differences.values()], looks=results.asked.looks, datasets=datasets)
        designs = [(joint, place) for place in places]
    else:
        level = LEVEL / len(differences)
        designs = [(Design.of([own], level, results.asked.looks), 0) for own in differences.values()]
    about = {
        "metric": results.metric,
        "power": wish.power,
        "difference": wish.difference,
        "margin": results.margin,
        "correction": CORRECTION_NAMES[results.correction],
        "comparisons": len(differences),
    }
    rows = [
        {"variant": variant, "baseline": results.baselines[variant]}
        | about
        | _row(*design, len(differences[variant]), wish, results.margin)
        for variant, design in zip(differences, designs, strict=True)
    ]
    return pd.DataFrame(rows, columns=POWER_COLUMNS).astype({"difference": float, "margin": float})


def _row(design: Design, place: int, pairs: int, wish: PowerWish, margin: float | None) -> dict[str, Any]:
    seeds, std = pairs if wish.seeds is None else wish.seeds, float(design.spreads[place])
    factors = spread_factors(pairs)
    smallest = detectable(design, place, seeds, wish.power)
    row = {
        "pairs": pairs,
        "std": std,
        "seeds": seeds,
        "detectable": smallest,
        "method": design.method(seeds),
    }
    for end, factor in zip(_ENDS[1:], factors, strict=True):
        row |= {f"std{end}": std * factor, f"detectable{end}": smallest * factor}
    questions = (
        ("seeds_for_difference", wish.difference, seeds_for_difference),
        ("seeds_for_equivalence", margin, seeds_for_equivalence),
    )
    rough = replace(design, observed=None, looks=None)
    for name, size, needed in questions:
        if size is not None:
            row[name] = needed(design, place, size, wish.power)
            low, high = (needed(rough, place, size / factor, wish.power) for factor in factors)
            row |= {f"{name}_low": min(row[name], low), f"{name}_high": max(row[name], high)}
    return row


def show_power(console: Console, frame: pd.DataFrame) -> None:
    """Print a line for each comparison, and notes on the method."""
    metric, sizes = str(frame["metric"].iloc[0]), sorted({*frame["seeds"][frame["pairs"] > 1]})
    unit = shown_unit(metric)
    seeds = counted(sizes[0], "seed") if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]} seeds"
    about = f"{quantity(metric)}{f' in {unit}' * bool(unit)}; {seeds}; power {frame['power'].iloc[0]:.0%}"
    say(console, f"{about}; compared with {', '.join(dict.fromkeys(frame['baseline']))}")
    table = Table(box=None, pad_edge=False, collapse_padding=True)
    table.add_column("variant", overflow="fold")
    for head in ("pairs", "std", "detectable", *_heads(frame)):
        table.add_column(head, justify="right")
    for row in frame.to_dict("records"):
        table.add_row(*map(Text, [str(row["variant"]), str(row["pairs"]), _size(row["std"], metric), *_cells(row)]))
    console.print(table)
    for note in _notes(frame):
        say(console, note)


def power_text(frame: pd.DataFrame, form: Literal["csv", "json"]) -> str:
    """Return the frame as CSV or JSON; unknown values are empty or null."""
    if form == "csv":
        return without_formulas(frame).to_csv(index=False)
    return json_text(frame.astype(object).where(frame.notna(), None).to_dict("records"))


def _heads(frame: pd.DataFrame) -> Iterator[str]:
    first = frame.iloc[0]
    for asked, head in (("difference", "seeds for"), ("margin", "seeds within")):
        if not math.isnan(first[asked]):
            yield f"{head} {margin_text(first[asked], first['metric']).partition(' ')[0]}"


def _cells(row: Mapping[Any, Any]) -> Iterator[str]:
    metric = row["metric"]
    yield _with_ends([_size(row[f"detectable{end}"], metric) for end in _ENDS])
    for asked, name in (("difference", "seeds_for_difference"), ("margin", "seeds_for_equivalence")):
        if not math.isnan(row[asked]):
            known = not math.isnan(row["std"])
            yield _with_ends([_number(row[f"{name}{end}"]) if known else "-" for end in _ENDS])


def _with_ends(texts: list[str]) -> str:
    point, low, high = texts
    return point if low == high == point else f"{point} ({low}-{high})"


def _size(value: float, metric: str) -> str:
    return "-" if math.isnan(value) else detectable_text(value, metric).partition(" ")[0]


def _number(seeds: float) -> str:
    return _MOST if math.isnan(seeds) else f"{seeds:.0f}"


def _notes(frame: pd.DataFrame) -> Iterator[str]:
    """Return notes on the method and its limits."""
    known = frame[frame["pairs"] > 1]
    first, fewest = frame.iloc[0], int(known["pairs"].min())
    over = f" over {counted(len(frame), 'comparison')}, {first['correction']}" if len(frame) > 1 else ""
    ways = {
        "simulation": "simulated sign flips of the observed differences"
        if fewest >= ENOUGH_PAIRS
        else f"simulated sign flips of normal differences (beyond {COARSE} seeds by the t-test)",
        "t": f"the power of the paired t-test at the level {LEVEL:g}{f' / {len(frame)}' * (len(frame) > 1)}",
    }
    by = " and ".join(ways[method] for method in dict.fromkeys(known["method"]))
    yield f"By {by}{over}."
    yield f"In parentheses: the range for the 95% interval of the standard deviation, estimated from {fewest} pairs."
    if not math.isnan(first["margin"]):
        yield "seeds within: to show equivalence within this margin, if there is no true difference."
    if len(known) < len(frame):
        yield f"no spread, because fewer than two pairs completed: {', '.join(frame['variant'][frame['pairs'] < 2])}"
    if known["detectable"].isna().any():
        yield "-: with so few seeds, no difference of any size can be shown, or the differences do not vary."
