"""Figures of a tuned study, selected by its trials."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from runner.reporting.figures.drawing.files import Draw
from runner.reporting.figures.drawing.score_axis import ScoreAxis
from runner.reporting.figures.drawing.styles import Style, variant_styles
from runner.reporting.figures.tuning.of_importances import importance_rows
from runner.reporting.figures.tuning.of_parallel_coordinates import MOST_PANELS, parallel_coordinates
from runner.reporting.figures.tuning.of_tuning import tuning_curves
from runner.reporting.figures.tuning.of_tuning_history import tuning_history
from runner.reporting.figures.tuning.of_tuning_slices import tuning_slices
from runner.reporting.metrics import quantity
from runner.reporting.results import Results
from runner.reporting.statistics.ties import best_first, places

Named = Iterator[tuple[str, Draw]]
_SEARCH = "search"  # variant of a search


def tuning_figures(results: Results, styles: dict[str, Style]) -> Named:
    """Yield the file stem and the drawing function of each figure of the tuning.

    Args:
        styles: styles of the report's variants, which are used if the variants have their names in the study.
    """
    variants, curves = results.trials, results.tuning_curve
    datasets = ", ".join(dict.fromkeys(results.summary["dataset"]))
    if results.repeated_curves is not None:
        yield "tuning_curve", partial(_repeated, results.repeated_curves, f"Best so far, repeated searches: {datasets}")
        return
    if curves is None or curves["budget"].max() < 2 or not any(len(trials.scored) for trials in variants):
        return
    bests = {trials.variant: trials.best for trials in variants}
    sign = variants[0].sign
    lost = [float(np.isnan(score)) for score in bests.values()]
    ranked = best_first([*bests], places([*bests.values()], lost, sign))
    if not {*bests} <= {*styles}:
        styles = variant_styles([*bests], ranked, results.baseline)
    yield "tuning_curve", partial(tuning_curves, curves, f"Best of the points tried: {datasets}", styles)
    scores = np.concatenate([trials.scored["score"].to_numpy(float) for trials in variants])
    axis = ScoreAxis.of(variants[0].metric, scores, np.array([*bests.values()]), sign)
    title = f"Trials in order: {datasets}"
    if [*bests] == [_SEARCH]:
        yield "search", partial(tuning_history, variants, axis, title, styles)
    else:
        yield "tuning_history", partial(tuning_history, variants, axis, title, styles)
    if any(trials.axes for trials in variants):
        yield "tuning_slices", partial(tuning_slices, variants, axis, f"Tuned keys: {datasets}", styles)
    if (results.importances.frame["r_squared"] > 0).any():  # otherwise, the shares mean nothing
        title = f"Importance for {quantity(variants[0].metric)}: {datasets}"
        yield "importances", partial(importance_rows, results.importances.frame, title, styles)
    several = [trials for trials in variants if len(trials.axes) > 1]
    shown = [trials for trials in several if trials.variant in ranked[:MOST_PANELS]]
    if len(several) <= MOST_PANELS:
        shown = several
    if shown:
        title = f"Trials in parallel coordinates: {datasets}"
        names = {
            "fewer than two tuned keys": [trials.variant for trials in variants if len(trials.axes) < 2],
            "behind the best": [trials.variant for trials in several if not any(trials is own for own in shown)],
        }
        omitted = {reason: own for reason, own in names.items() if own}
        yield "tuning_parallel", partial(parallel_coordinates, shown, axis, title, omitted)


def _repeated(curves: pd.DataFrame, title: str) -> Figure:
    last = curves.groupby("variant", sort=False).last()
    return tuning_curves(curves, title, variant_styles([*last.index], [*last.sort_values("place").index], None))
