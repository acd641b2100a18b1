"""Figures of a report, selected according to the data available from its runs."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from runner.core.text import counted
from runner.reporting.axis_figures import axis_figures
from runner.reporting.collection.predictions import class_names, mean_confusion
from runner.reporting.collection.rate_steps import stepped_variants
from runner.reporting.comparison.differences import names_and_cells
from runner.reporting.comparison.lost_runs import no_result_text
from runner.reporting.comparison.paired_difference import Difference
from runner.reporting.comparison.ranks import Ranks
from runner.reporting.comparison.tasks import Tasks, arm_baselines
from runner.reporting.figures.dots import dots
from runner.reporting.figures.drawing.axes import number, overrides_frame
from runner.reporting.figures.drawing.canvas import wrapped
from runner.reporting.figures.drawing.difference_axis import minus
from runner.reporting.figures.drawing.files import Draw
from runner.reporting.figures.drawing.grid_panels import GridPanels, grid_panels
from runner.reporting.figures.drawing.names import names_in_force
from runner.reporting.figures.drawing.styles import Style, ordered_styles, variant_styles
from runner.reporting.figures.forest_plot import forest
from runner.reporting.figures.grids.interaction import interaction
from runner.reporting.figures.learning_curves import learning_curves
from runner.reporting.figures.of_confusion import Confusion, confusion_matrices, confusion_matrix
from runner.reporting.figures.of_differences_over_time import difference_over_time
from runner.reporting.figures.of_ranks import critical_difference
from runner.reporting.figures.of_scores_by_time import scores_by_time
from runner.reporting.figures.of_tasks import aggregate_scores, improvement_probability, performance_profile
from runner.reporting.figures.of_variance_sources import spread_by_source
from runner.reporting.figures.shown_rows import shown_rows
from runner.reporting.figures.variant_curves import variant_curves
from runner.reporting.metrics import WARM_SECONDS, axis_label, is_share, quantity, signed_text
from runner.reporting.results import Results
from runner.reporting.run_figures import read_gradients
from runner.reporting.targets import is_time, warm_seconds, without_lost_times
from runner.reporting.tuning.tuning_figures import tuning_figures
from runner.reporting.undrawn_figures import undrawn

Named = Iterator[tuple[str, Draw]]
OF_FURTHER_FILES = {"ensemble", "gradient_norm"}  # figures of the runs' predictions and gradients
_UNBOUNDED = (-math.inf, math.inf)


def report_figures(
    results: Results,
    ranks: Ranks | None,
    confusion: str | None,
    *,
    seeds: bool,
    further: bool = True,
) -> Iterator[tuple[str, "NamedDrawing"]]:
    """Yield the file stem and the drawing function of each figure that is not `undrawn`; see `drawn`.

    Args:
        confusion: variant of the confusion matrix; None: the best on validation.
        seeds: draw every seed's curve as a thin line.
        further: include the figures of `OF_FURTHER_FILES`, which require reading additional files of all runs.
    """
    omitted = undrawn(results)
    for stem, draw in _figures(results, ranks, confusion, seeds=seeds, further=further):
        if stem not in omitted:
            yield stem, NamedDrawing(draw, results.print_names)


@dataclass(frozen=True)
class NamedDrawing:
    """A drawing function that uses the variants' display names, or their labels for the figure's data."""

    draw: Draw
    names: Mapping[str, str]

    def __call__(self) -> Figure:
        """Draw the figure with the display names."""
        with names_in_force(self.names):
            return self.draw()

    def with_labels(self) -> Figure:
        """Draw the figure with the labels."""
        with names_in_force({}):
            return self.draw()


def _figures(results: Results, ranks: Ranks | None, confusion: str | None, *, seeds: bool, further: bool) -> Named:
    styles = variant_styles(results.variants, results.ranked, results.baseline)
    shown = shown_rows(results.variants, results.ranked, {*results.baselines.values()} & {*results.variants})
    grid = _grid_panels(results)
    yield from _difference_figures(results, shown, grid)
    history, cells, key = results.history, names_and_cells(results), ""
    of_cells = {**styles, **_styles_of_names(results)}
    if grid:
        history, cells, key = _in_order(history, grid), grid.cells, grid.key
        of_cells = {**styles, **_styles_of_values(grid)}
    for metric in ("accuracy", "loss", "negative_log_likelihood"):
        if metric in history or f"val_{metric}" in history:
            title = f"{_begin(quantity(metric))}: {results.title}"
            draw = partial(learning_curves, history, metric, title, of_cells, unit=results.unit)
            yield metric, partial(draw, seeds=seeds, cells=cells, key=key)
    yield from _time_figure(results, history, of_cells, cells, key)
    rows = _rows(results, shown, grid, of_cells)
    yield from _final_figures(results, rows)
    yield from axis_figures(results, _styles_of_names(results))
    yield from tuning_figures(results, styles)
    if grids := results.factorial.grids:
        yield "interaction", partial(interaction, grids, results.metric, f"Means by axis: {results.title}")
    yield from _rate_figure(results, of_cells, grid)
    if further:
        yield from _gradient_figure(results, of_cells, grid)
    yield from _confusion_figure(results, confusion)
    if further:
        yield from _ensemble_figure(results, rows)
    if results.tasks:
        yield from _tasks_figures(results, results.tasks)
    if results.variance_sources is not None:
        title = f"Spread of {quantity(results.metric)} by source: {_datasets(results)}"
        yield "variance_sources", partial(spread_by_source, results.variance_sources, results.metric, title)
    if ranks:
        title = f"Average ranks by {quantity(results.metric)}"
        best_first = [str(arm) for arm in ranks.average.sort_values().index]
        given = [str(arm) for arm in dict.fromkeys(results.summary["arm"]) if arm in ranks.average.index]
        styles = variant_styles(given, best_first, _baseline_arm(results))
        yield "critical_difference", partial(critical_difference, ranks, title, styles)


def _difference_figures(results: Results, shown: frozenset[str], grid: GridPanels | None) -> Named:
    """Yield the differences from the baseline: the forest plot, and the differences by epoch."""
    if not (found := results.differences):
        return
    title = f"{_begin(quantity(results.metric))} against the baseline: {results.title}"
    options: dict[str, Any] = {"margin": results.margin, "unit": results.unit, "shown": shown}
    yield (
        "forest",
        partial(
            forest,
            _in_cells(found, grid) if grid else found,
            results.metric,
            title,
            apart=results.has_several_datasets,
            **options,
        ),
    )
    frame = results.differences_by_epoch
    if len({*frame["epoch"]}) > 1:
        baselines = {one.baseline for one in found}
        baseline = baselines.pop() if len(baselines) == 1 else "the baseline"
        styles, key = _styles_of_names(results), ""
        if grid:
            styles, key, frame = _styles_of_values(grid), grid.key, _in_order(frame, grid)
            values, cells = zip(*(grid.cells[variant] for variant in frame["variant"]), strict=True)
            frame = frame.assign(name=values, cell=cells)
        title = f"{_begin(quantity(results.validation_metric))} against the baseline: {results.title}"
        draw = partial(difference_over_time, frame, results.validation_metric, baseline, title, styles, results.margin)
        drawn = {*frame["variant"]}
        absent = [one.name if one.cell == "" else one.variant for one in found if one.variant not in drawn]
        options = {"apart": results.has_several_datasets, "key": key, "unit": results.unit, "absent": absent}
        yield "difference_over_time", partial(draw, **options)


def _in_cells(found: Sequence[Difference], grid: GridPanels) -> list[Difference]:
    """Return the differences of a grid with their short names and the cells of its panels, in its order."""
    places = {variant: place for place, variant in enumerate(grid.cells)}
    cells = grid.named_cells
    named = [replace(one, name=cells[one.variant][0], cell=cells[one.variant][1]) for one in found]
    return sorted(named, key=lambda one: places[one.variant])


def _grid_panels(results: Results) -> GridPanels | None:
    """Return the panels of a sweep over two keys; None for a study, whose variants have names or tuned values."""
    if results.asked.variants or results.tuning is not None or results.baseline is None:
        return None
    return grid_panels(overrides_frame([run.record for run in results.runs]), [*results.summary["variant"]])


def _styles_of_values(grid: GridPanels) -> dict[str, Style]:
    """Return the styles of the values, the same in all panels; the baseline has the style of its value."""
    values = [*dict.fromkeys(name for name, _ in grid.cells.values())]
    return (
        ordered_styles(values)
        if all(number(value) is not None for value in values)
        else variant_styles(values, [], None)
    )


def _in_order(frame: pd.DataFrame, grid: GridPanels) -> pd.DataFrame:
    """Return a frame with a column of variants, in the order of the panels and lines."""
    places = {variant: place for place, variant in enumerate(grid.cells)}
    return frame.sort_values("variant", key=lambda column: column.map(places), kind="stable")


def _styles_of_names(results: Results) -> dict[str, Style]:
    """Return the styles of the variants by their names, the same in all cells of a grid."""
    names = {variant: name for variant, (name, _) in names_and_cells(results).items()}
    ranked = dict.fromkeys(names[variant] for variant in results.ranked)
    firsts = {names[baseline] for baseline in results.baselines.values() if baseline in names}
    return variant_styles([*dict.fromkeys(names.values())], [*ranked], firsts.pop() if len(firsts) == 1 else None)


def _baseline_arm(results: Results) -> str | None:
    """Return the baseline without its data set; None if there are several."""
    found = {*arm_baselines(results.summary, results.baselines).values()}
    return found.pop() if len(found) == 1 else None


def _tasks_figures(results: Results, tasks: Tasks) -> Named:
    """Yield the probability of improvement and, for proportions, the relative errors over data sets."""
    frame = tasks.frame.sort_values(["relative_mean", "improvement"], ascending=[True, False], kind="stable")
    baseline = _baseline_arm(results)
    styles = variant_styles([*tasks.frame["variant"]], [*frame["variant"]], baseline)
    over = f"over {frame['datasets'].iloc[0]} data sets: {', '.join(results.common_datasets)}"
    if len(compared := tasks.frame[tasks.frame["improvement"].notna()]):
        title = f"Probability of improvement in {quantity(results.metric)} {over}"
        yield "probability_of_improvement", partial(improvement_probability, compared, title, styles)
    if tasks.relative_profile.empty or baseline is None:
        return
    title, profile = f"Relative errors {over}", tasks.relative_profile
    yield "aggregate_scores", partial(aggregate_scores, frame, baseline, title, styles)
    yield "performance_profile", partial(performance_profile, profile, results.metric, baseline, title, styles)


def _time_figure(
    results: Results, history: pd.DataFrame, styles: Mapping[str, Style], cells: Mapping[str, tuple[str, str]], key: str
) -> Named:
    """Yield the validation scores by training time; variants on several data sets need a panel for each."""
    metric = results.validation_metric
    is_drawn = len({cell for _, cell in cells.values()}) > 1 if results.has_several_datasets else len(cells) > 1
    if is_drawn and {metric, "seconds"} <= {*history} and len({*history["epoch"]}) > 1:
        timed = history.assign(elapsed=warm_seconds(history["seconds"], history["position"]))
        title = f"{_begin(quantity(metric))} by training time: {results.title}"
        yield "score_by_time", partial(scores_by_time, timed, metric, title, styles, cells, results.unit, key)


def _final_figures(results: Results, common: Mapping[str, Any]) -> Named:
    """Yield figures with one number per run: the metric, the generalization gap, the time to the target."""
    summary, metric, options = results.summary, results.metric, dict[str, Any]()
    missing = _without_result(results)
    completed = summary.assign(**{metric: summary[metric].where(summary["status"] == "completed")})
    if completed[metric].notna().any():
        title = f"{_begin(quantity(metric))} by variant: {results.title}"
        notes = _missed(results) if is_time(metric) else missing
        bounds = (0, 1) if is_share(metric) else (0, math.inf) if is_time(metric) else _UNBOUNDED
        options = {"share": is_share(metric), "notes": notes, "bounds": bounds, "ratios": is_time(metric), **common}
        label = axis_label(metric)
        if is_time(metric):
            options["biased"] = notes
            label += _target_line(", ".join(filter(None, [results.goal, _target_source(results)])))
        yield metric, partial(dots, completed, metric, label, title, **options)
    gaps = _gaps(results)
    if gaps["gap"].notna().any():
        label = (
            "training accuracy (running average over the last epoch)\n"
            "\N{MINUS SIGN} validation accuracy (percentage points)"
        )
        title = f"Generalization gap: {results.title}"
        yield "generalization_gap", partial(dots, gaps, "gap", label, title, share=True, notes=missing, **common)
    ended = summary[summary["status"] != "running"]
    timed = ended if results.target is None else without_lost_times(ended)
    if results.target is not None and timed[WARM_SECONDS].notna().any():
        title = f"Time to a {results.goal}: {results.title}"
        label = "training time to the target, without compilation (s)"
        if results.target_source:
            label += _target_line(_target_source(results))
        missed = _missed(results)
        options = {"share": False, "notes": missed, "biased": missed, "bounds": (0, math.inf), "ratios": True, **common}
        yield "time_to_target", partial(dots, timed, WARM_SECONDS, label, title, **options)
    if profile := results.time_profile:
        title = (
            f"Profile of times to a {results.goal} over {counted(profile.workloads, profile.workload)}: {results.title}"
        )
        yield "time_profile", partial(profile.draw, title, _baseline_arm(results))


def _rows(
    results: Results, shown: frozenset[str], grid: GridPanels | None, styles: Mapping[str, Style]
) -> dict[str, Any]:
    """Return the options of figures with a row for each variant: their panels, their baselines and their colours.

    A panel is a data set, or a value of a grid's first key.
    """
    several = results.has_several_datasets
    baselines = {*results.baselines.values()} if several else {results.baseline}
    cells = grid.named_cells if grid else names_and_cells(results) if several else None
    curves = grid.cells if grid else names_and_cells(results)
    return {
        "unit": results.unit,
        "shown": shown,
        "baselines": baselines,
        "cells": cells,
        "apart": several,
        "styles": {label: styles.get(name, styles[label]) for label, (name, _) in curves.items()},
    }


def _target_source(results: Results) -> str:
    """Return where the target comes from, with the display name of its variant."""
    before, of, variant = results.target_source.rpartition(" of ")
    return f"{before}{of}{results.print_names.get(variant, variant)}"


def _target_line(text: str) -> str:
    return "\n" + wrapped(f"target: {text}", 80)


def _datasets(results: Results) -> str:
    return ", ".join(dict.fromkeys(results.summary["dataset"]))


def _begin(text: str) -> str:
    return text[:1].upper() + text[1:]


def _rate_figure(results: Results, styles: dict[str, Style], grid: GridPanels | None) -> Named:
    history = results.history
    if "learning_rate" not in history:
        return
    title = f"Learning rates: {results.title}"
    stepped = stepped_variants(results.runs, results.summary["variant"].tolist(), results.left_out)
    if not grid:
        names = {label: name for label, (name, _) in names_and_cells(results).items()}
        styles = styles | {label: styles[name] for label, name in names.items()}
        if _have_one_rate(history, names):
            history = history.assign(variant=history["variant"].map(names))
            stepped = stepped.union(names[label] for label in stepped if label in names)
    draw = partial(variant_curves, history, "learning_rate", "learning rate", title, styles, results.unit)
    yield "learning_rate", partial(draw, **_panels_of(grid), stepped=stepped)


def _have_one_rate(history: pd.DataFrame, names: Mapping[str, str]) -> bool:
    """Return whether each variant has the same learning rates on all data sets."""
    rates = history.groupby(["variant", "epoch"])["learning_rate"].mean()
    found = rates.groupby([rates.index.get_level_values(0).map(names), "epoch"]).agg(["min", "max"])
    return np.allclose(found["min"], found["max"], rtol=1e-3, atol=0, equal_nan=True)


def _panels_of(grid: GridPanels | None) -> dict[str, Any]:
    """Return the options of curves with a panel for each value of a grid's first key."""
    return {"cells": grid.cells, "key": grid.key} if grid else {}


def _gradient_figure(results: Results, styles: dict[str, Style], grid: GridPanels | None) -> Named:
    norms = _gradient_norms(results)
    if len(norms):
        title = f"Gradient norms: {results.title}"
        draw = partial(variant_curves, norms, "norm", "L2 norm of the gradient", title, styles, results.unit)
        yield "gradient_norm", partial(draw, **_panels_of(grid))


def _confusion_figure(results: Results, confusion: str | None) -> Named:
    """Yield the confusion matrix of a variant or, without one, that of the best variant on each data set."""
    if confusion is None and results.has_several_datasets:
        best = results.best_by_dataset.values()
        if matrices := [matrix for variant in best if (matrix := _confusion(results, variant)) is not None]:
            title = "Test examples by true and predicted class: the best variant on validation for each data set"
            yield "confusion_matrix", partial(confusion_matrices, matrices, title)
        return
    variant = confusion or results.ranked[0]
    if (one := _confusion(results, variant)) is not None:
        chosen = " (best on validation)" if confusion is None and len(results.variants) > 1 else ""
        title = f"{results.print_names.get(variant, variant)}{chosen}: test examples, {one.heading.rpartition(', ')[2]}"
        yield "confusion_matrix", partial(confusion_matrix, one.counts, title, one.names)
    elif confusion:
        results.left_out.add(f"confusion_matrix: no run of {confusion} has stored predictions")


def _confusion(results: Results, variant: str) -> Confusion | None:
    """Return the mean confusion matrix of a variant; None if it has none."""
    runs = results.runs_of(variant)
    counts, seeds = mean_confusion(runs)
    if counts is None:
        return None
    heading = f"mean of {counted(seeds, results.unit.noun)}"
    if results.has_several_datasets:
        heading = f"{results.print_names.get(variant, variant)}, {heading}"
    return Confusion(counts, heading, class_names(runs))


def _ensemble_figure(results: Results, common: Mapping[str, Any]) -> Named:
    """Yield the gain of each ensemble over the mean of its seeds, among the seeds around this mean."""
    if ensembles := results.predicted.ensembles:
        rows = results.summary
        completed = rows[(rows["status"] == "completed") & rows["variant"].isin(common["shown"])]
        scores = completed.groupby("variant", sort=False)["test_accuracy"]
        means = scores.mean()
        gains = {variant: value - means[variant] for variant, value in ensembles.items() if variant in means.index}
        notes = {variant: _gain_text(ensembles[variant], gain) for variant, gain in gains.items()}
        from_mean = completed.assign(from_mean=completed["test_accuracy"] - scores.transform("mean"))
        label = f"test accuracy \N{MINUS SIGN} mean of the variant's {results.unit.noun}s (percentage points)"
        title = f"Gain of each variant's ensemble over its {results.unit.noun}s: {results.title}"
        options = {**common, "baselines": (), "crosses": gains, "notes": notes, "share": True}
        yield "ensemble", partial(dots, from_mean, "from_mean", label, title, **options)


def _gain_text(accuracy: float, gain: float) -> str:
    return minus(f"ensemble {100 * accuracy:.2f}% ({signed_text(gain, 'test_accuracy')})")


def _without_result(results: Results) -> dict[str, str]:
    return {str(row["variant"]): text for _, row in results.aggregate.iterrows() if (text := no_result_text(row))}


def _missed(results: Results) -> dict[str, str]:
    ended = results.aggregate["completed"] + results.aggregate["diverged"]
    missed = ended - results.aggregate["reached"]
    return {
        str(variant): f"{count} of {runs} never reached it"
        for variant, count, runs in zip(results.aggregate["variant"], missed, ended, strict=True)
        if count
    }


def _gaps(results: Results) -> pd.DataFrame:
    gaps = results.summary[["variant"]].assign(gap=np.nan)
    history = results.history
    if {"accuracy", "val_accuracy"} <= set(history):
        last = history.groupby("position").last()
        gaps["gap"] = (last["accuracy"] - last["val_accuracy"]).reindex(range(len(gaps)))
    gaps.loc[results.summary["status"] != "completed", "gap"] = np.nan
    return gaps


def _gradient_norms(results: Results) -> pd.DataFrame:
    """Return one row per run and epoch: position, variant, epoch, and the gradient norm over all layers."""
    frames = []
    for position, (run, variant) in enumerate(zip(results.runs, results.summary["variant"], strict=True)):
        table = results.left_out.unless_read(partial(read_gradients, run.directory.gradients_path))
        if table is not None:
            squares = table.filter(regex=r"\.gradient$") ** 2
            norm = np.sqrt(squares.sum(axis="columns"))
            frames.append(
                pd.DataFrame({"position": position, "variant": variant, "epoch": table["epoch"], "norm": norm})
            )
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
