"""Trials of the tuning: the values, state and score of each point that a variant tried."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from runner.config.overrides import Override
from runner.records.record import LARGEST, RunRecord
from runner.records.sweep_directory import Question, tuned_metric
from runner.records.tuned_axes import TunedAxis
from runner.reporting.figures.drawing.axes import Axis, overrides_frame, sensitivity_axis, varying_axes
from runner.reporting.figures.tuning.scales import Scale, scale_of
from runner.reporting.metrics import sign_of

_NEXT = re.compile(r" (?=[+~]*[\w./@-]+=)")  # the space before each override
EDGE = 0.05  # fraction of a range that counts as its edge, at each end; as in the choice of points
_UNSCORED = "no score"  # used if the table does not state the reason


@dataclass(frozen=True)
class Trials:
    """The trials of one variant, in the order in which they were planned or proposed."""

    variant: str
    metric: str
    sign: int  # 1 if a higher score is better, -1 if a lower one is
    table: (
        pd.DataFrame
    )  # one row per trial: trial (its number, from 1), state, score (NaN if missing), is_scored, is_chosen
    overrides: pd.DataFrame  # the same rows with a column per key: its value as in overrides, None if not set
    axes: dict[str, TunedAxis | None]  # axes of the varied keys, None if not in the plan

    @property
    def scored(self) -> pd.DataFrame:
        """The rows of trials that ended with a score."""
        return self.table[self.table["is_scored"]]

    @property
    def best(self) -> float:
        """The best score; NaN without scores."""
        return float(self.sign * (self.sign * self.scored["score"]).max())

    @cached_property
    def scales(self) -> dict[str, Scale]:
        """The scale of each key."""
        return {key: scale_of(self.overrides[key].dropna(), axis) for key, axis in self.axes.items()}

    @property
    def edges(self) -> list[str]:
        """The keys whose chosen value is at an end of the range, or is the lowest or highest number tried."""
        chosen = self.overrides[self.table["is_chosen"].astype(bool)]
        return [key for key in self.axes if any(self._is_at_edge(key, value) for value in chosen[key].dropna())]

    def _is_at_edge(self, key: str, value: str) -> bool:
        scale = self.scales[key]
        if scale.kind == "levels":
            return scale.is_ordered and value in (scale.levels[0], scale.levels[-1])
        margin = EDGE if self.axes[key] else 0
        return not margin < scale.place(value) < 1 - margin

    @cached_property
    def places(self) -> pd.DataFrame:
        """The position of each value on the scale of its key, from 0 to 1; NaN if the key is not set."""
        columns = {key: placed(self.overrides[key], scale) for key, scale in self.scales.items()}
        return pd.DataFrame(columns, index=self.table.index)


def placed(values: "pd.Series[Any]", scale: Scale) -> npt.NDArray[np.float64]:
    """Return the positions of values on a scale; NaN for None."""
    return np.array([np.nan if value is None else scale.place(value) for value in values])


def tuning_trials(tuning: pd.DataFrame, asked: Question) -> list[Trials]:
    """Return the trials of each variant.

    Args:
        tuning: one row per point, as in tuning.csv.
        asked: the plan's question, with its axes and direction.
    """
    metric = tuned_metric(tuning)
    sign = sign_of(metric, asked.direction)
    return [
        _of_variant(str(variant), own.reset_index(drop=True), metric, sign, asked)
        for variant, own in tuning.groupby("variant", sort=False)
    ]


def only_axis(variants: Sequence[Trials], records: Sequence[RunRecord]) -> Axis | None:
    """Return the axis of the only tuned key of all variants; None unless it is numeric, with three or more values.

    The sensitivity to such a key contains all that slices of the trials would show.

    Args:
        records: records of the tuning runs.
    """
    keys = {key for trials in variants for key in trials.axes}
    axis = sensitivity_axis(varying_axes(overrides_frame(records)))
    return axis if axis and keys == {axis.key} else None


def _of_variant(variant: str, own: pd.DataFrame, metric: str, sign: int, asked: Question) -> Trials:
    scores = own[metric].where(own[metric].abs() <= LARGEST)
    states = own["state"] if "state" in own else scores.notna().map({True: "completed", False: _UNSCORED})
    table = pd.DataFrame(
        {
            "trial": 1 + (own["trial"] if "trial" in own else pd.RangeIndex(len(own))),  # the file counts from 0
            "state": states,
            "score": scores,
            "is_scored": scores.notna() & (states == "completed"),
            "is_chosen": own["chosen"],
        }
    ).sort_values("trial", kind="stable")
    values = pd.DataFrame([point_values(point) for point in own["point"]], dtype=object).loc[table.index]
    planned = {Override.parse(key).key: axis for key, axis in asked.tuned_axes.of(variant, asked.variants).items()}
    axes = {str(key): planned.get(str(key)) for key in values if len(values[key].dropna().unique()) > 1}
    return Trials(variant, metric, sign, table, values.where(values.notna(), None), axes)


def point_values(point: str) -> dict[str, str]:
    """Return the values of a point by their keys, from its overrides in one line."""
    return {part.key: part.value for part in map(Override.parse, _NEXT.split(point))}
