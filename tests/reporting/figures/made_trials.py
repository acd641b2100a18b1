"""Made-up trials for the tests of figures that draw them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from runner.records.sweep_directory import Question
from runner.records.tuned_axes import TunedAxes
from runner.reporting.figures.drawing.score_axis import ScoreAxis
from runner.reporting.figures.drawing.styles import Style, variant_styles
from runner.reporting.tuning.tuning_trials import Trials, tuning_trials


def made_trials(
    variants: Mapping[str, Mapping[str, float | None]],
    metric: str = "val_accuracy",
    axes: TunedAxes | None = None,
    **columns: object,
) -> list[Trials]:
    """Return trials from the score of each point of each variant; the best score of a variant is chosen."""
    rows = [(variant, point, score) for variant, points in variants.items() for point, score in points.items()]
    table = pd.DataFrame(rows, columns=["variant", "point", metric]).astype({metric: float})
    best = table.groupby("variant")[metric].transform("min" if metric.endswith("loss") else "max")
    table = table.assign(seeds=1, scored=1, chosen=table[metric] == best, on_edge=False, budget=1, **columns)
    return tuning_trials(table, Question(tuned_axes=axes or TunedAxes(), variants=tuple(variants)))


def score_axis(variants: Sequence[Trials]) -> ScoreAxis:
    """Return the score axis of some trials."""
    scores = pd.concat([trials.scored["score"] for trials in variants]).to_numpy(float)
    return ScoreAxis.of(variants[0].metric, scores, np.array([trials.best for trials in variants]), variants[0].sign)


def styles(variants: Sequence[Trials]) -> dict[str, Style]:
    """Return the usual styles of the variants."""
    names = [trials.variant for trials in variants]
    return variant_styles(names, names, None)


def legend(figure) -> list[str]:
    """Return the texts of a figure's legend."""
    return [text.get_text() for text in figure.legends[0].get_texts()]
