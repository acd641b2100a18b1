"""Reasons for which a report lacks a figure that other reports have."""

from collections.abc import Iterator

from runner.reporting.axis_figures import interaction_shows_all
from runner.reporting.figures.drawing.axes import overrides_frame, sensitivity_axis, varying_axes
from runner.reporting.report_figures import is_scheduled
from runner.reporting.results import Results
from runner.reporting.tuning.tuning_trials import only_axis

Reasons = Iterator[tuple[str, str]]


def why_undrawn(stem: str, results: Results) -> str | None:
    """Return why a figure is not drawn; None if the report does not leave it out on purpose."""
    return dict(_reasons(results)).get(stem)


def _reasons(results: Results) -> Reasons:
    history = results.history
    if "learning_rate" in history and not is_scheduled(history):
        yield "learning_rate", "not drawn, because all learning rates are constant; the settings list them"
    if results.tuning is not None:
        yield from _of_tuning(results)
    elif interaction_shows_all(results):
        yield "sensitivity", "not drawn, because the figure `interaction` shows the same means"


def _of_tuning(results: Results) -> Reasons:
    if results.repeated_curves is not None:
        return
    records = [run.record for run in results.tuning_runs]
    if only_axis(results.trials, records):
        yield "tuning_slices", "not drawn, because the figure `sensitivity` shows the only tuned key, with all seeds"
    elif sensitivity_axis(varying_axes(overrides_frame(records))):
        yield "sensitivity", "not drawn, because the figure `tuning_slices` shows all tuned keys"
    if results.asked.is_grid:
        yield "tuning_history", "not drawn, because the order of a grid's points has no meaning"
    if len(results.importances.frame) and not (results.importances.frame["r_squared"] > 0).any():
        yield "importances", "not drawn, because no variant's forest predicts trials that it has not seen"
    elif results.importances.notes:
        yield "importances", f"not drawn: {' '.join(results.importances.notes)}"
