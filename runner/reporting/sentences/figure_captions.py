"""Captions of drawn figures for papers, which state n, the intervals, the test and the data."""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from runner.core.text import counted
from runner.core.write import write_text
from runner.reporting.comparison.decision import UNDECIDED, has_times
from runner.reporting.comparison.folds import Unit
from runner.reporting.comparison.paired_difference import Difference
from runner.reporting.figures.dots import INTERVAL
from runner.reporting.figures.drawing.curves import FAR_TEXT, FEW_RUNS, ONE_RUN
from runner.reporting.figures.drawing.names import names_in_force, shown_name
from runner.reporting.figures.grids.good_range import GOOD, OF_MARGIN, OF_SEEDS
from runner.reporting.figures.grids.scored_panels import BEYOND
from runner.reporting.figures.learning_curves import ZOOM_TITLE
from runner.reporting.figures.of_scores_by_time import has_bands, has_bars
from runner.reporting.figures.shown_rows import MOST_ROWS
from runner.reporting.metrics import axis_label, margin_text, quantity
from runner.reporting.results import Results
from runner.reporting.sentences.captions import (
    BAND,
    DOTS,
    OF_DRAWS,
    OF_SEARCHES,
    OVER_SEEDS,
    ROW_FIGURES,
    RUNNING,
    TUNING_CAPTIONS,
    TUNING_CURVES,
    WITHOUT_PENALTIES,
    caption_of,
    in_units,
)
from runner.reporting.sentences.rank_tests import rank_tests
from runner.reporting.sentences.verdicts import why_apart
from runner.reporting.statistics.significance.attainability import CONFIDENCE, LEVEL
from runner.reporting.tables.latex_table import escaped, identifier
from runner.reporting.tables.markdown import escaped_markdown
from runner.reporting.tables.paper_table import tests_text
from runner.reporting.targets import is_time
from runner.reporting.undrawn_figures import CROSS_ENTROPY, is_cross_entropy

_FEW_ROWS = (
    "The baseline and the best variants on validation have a row; the others share the last one, with a dot for the "
    "mean of each."
)
_SEVERAL_KEYS = "The other keys also vary, so a pattern in one panel may be the effect of another key."
_OF_ONE_SEED = {BAND: "Each line is one seed.", DOTS: "Each dot is one seed."}
_LEARNING = {"accuracy", "loss", "negative_log_likelihood"}
_BY_EPOCH = {*_LEARNING, "score_by_time", "difference_over_time"}
_CURVES = {*_LEARNING, "gradient_norm"}
_MOST_NAMED = 6  # variants in a sentence
_WITHOUT_N = {*TUNING_CAPTIONS, "confusion_matrix", "variance_sources", "critical_difference", "time_profile"}

Sentences = Callable[[Sequence[Difference], Results, Figure], Iterator[str]]


def figure_caption(stem: str, figure: Figure, results: Results, confusion: str | None = None) -> str:
    """Return the caption of a drawn figure, with only the sentences that apply to this figure.

    Args:
        confusion: variant of the confusion matrix; None: the best on validation.
    """
    with names_in_force(results.print_names):
        return " ".join(_sentences(stem, figure, results, confusion))


def _sentences(stem: str, figure: Figure, results: Results, confusion: str | None) -> list[str]:
    own = OWN_CAPTIONS.get(stem)
    if own is not None:
        said = [in_units(sentence, results.unit) for sentence in own(results.differences, results, figure)]
    else:
        said = [_usual(stem, results)]
        if stem == "sensitivity":
            said.insert(0, _axes_of(figure))
        if stem == "tuning_slices" and len({axes.get_xlabel() for axes in figure.axes}) > 1:
            said.append(_SEVERAL_KEYS)
        if stem in ("sensitivity", "tuning_slices"):
            said += _grey_marks(figure)
        if stem == "heat_map":
            said += _colors_of(figure)
            said += ["Hatched: no run completed."] * bool(figure.axes[0].patch.get_hatch())
        if stem == "confusion_matrix" and any("(" in text.get_text() for axes in figure.axes for text in axes.texts):
            said.append("In parentheses: numbers of examples.")
        if stem in ("sensitivity", "interaction"):
            said = [*_without_absent(said, figure, results), *_of_points(figure, results.unit), *_of_good(figure)]
        if stem == "critical_difference" and results.ranks is not None:
            said += rank_tests(results.ranks)
        if stem == "tuning_curve":
            said = [*_of_tuning_curve(said, figure)]
        if stem == "learning_rate":
            said += _steps_of(figure)
        if stem == "score_by_time":
            said += [in_units(sentence, results.unit) for sentence in _of_times(figure)]
        if stem in TUNING_CAPTIONS:
            said += _of_trials(stem, figure, results)
        said += _of_zoom(figure)
    if stem in _LEARNING and not any(axes.get_ylabel().startswith("training") for axes in figure.axes):
        said = [text.replace(f" {RUNNING}", " Validation values are those at the end of each epoch.") for text in said]
    has_rows = stem in (*ROW_FIGURES, results.metric)
    if has_rows and stem != "forest" and figure.axes[0].get_xscale() == "log":
        said = [text.replace("is the mean with its", "is the geometric mean with its") for text in said]
        said.append("The axis is logarithmic.")
    if has_rows and len(results.variants) > MOST_ROWS:
        said.append(_FEW_ROWS.partition(";")[0] + "." if stem == "ensemble" else _FEW_ROWS)
    if stem != "forest" and has_rows:
        said += _cut_intervals(figure)
        said += _arrows(figure)
    if stem in _CURVES:
        said = [*_with_runs(said, figure, results.unit), *_cut_bands(figure)]
    said += [*_panels_of_grid(figure), *_beyond(stem, figure)]
    if stem in {*_BY_EPOCH, *_CURVES, "learning_rate"}:
        said += _diverged(results)
    return [*said, *_from_title(stem, results, confusion), _of_runs(stem, results)]


def _axes_of(figure: Figure) -> str:
    """Return the metric and the varied key as a sentence: `Validation accuracy (%) by learning rate.`."""
    score = figure.axes[0].get_ylabel() or figure.get_supylabel()  # one label for all panels
    text = f"{score} by {figure.axes[-1].get_xlabel()}.".replace(r"\$", "$").replace("\n", " ")
    return text[:1].upper() + text[1:]


def _panels_of_grid(figure: Figure) -> Iterator[str]:
    """Yield the meaning of panels and colours in the small multiples of a grid, whose legends have titles."""
    titles = [text for legend in figure.legends if (text := legend.get_title().get_text())]
    headings = [text for axes in figure.axes if "=" in (text := axes.get_title(loc="left"))]
    if titles and headings:
        whole = re.sub(r"(?m)^([^\s,]{20,})\n", r"\1", headings[0])  # a long word was broken over two lines
        keys = re.findall(r"(?:^|, )([^=,]+)=", whole.replace("\n", " "))
        panel = f"combination of {' and '.join(keys)}" if len(keys) > 1 else f"value of {keys[0]}"
        yield f"Each {panel} has its own panels; a colour stands for the same {titles[0]} in all."


def _arrows(figure: Figure, what: str = "variant") -> Iterator[str]:
    """Yield the meaning of arrows at the edge of an axis, if there are any."""
    if any(line.get_marker() in ("<", ">") for axes in figure.axes for line in axes.lines):
        yield f"An arrow at the edge marks a {what} far beyond the others."


def _without_absent(said: Sequence[str], figure: Figure, results: Results) -> Iterator[str]:
    """Yield the sentences without bands, bars and other axes that the figure does not have."""
    marks = [mark for axes in figure.axes for mark in axes.collections]
    bars = any(isinstance(mark, LineCollection) for mark in marks)
    grids = results.factorial.grids
    averaged = any(len(grid.axes) > 2 + (len(grids) == 1 < len(figure.axes)) for grid in grids)
    for text in said:
        own = text.replace("bars or bands", "bars" if bars else "bands")
        if not marks:
            own = text.replace(f" {in_units(BAND, results.unit)}", "").replace(OVER_SEEDS, "")
        yield own if averaged else own.replace(", averaged over all others", "")


def _of_tuning_curve(said: Sequence[str], figure: Figure) -> Iterator[str]:
    """Yield the sentences, without those on bars if there are none, and what extends beyond the panels."""
    has_bars = any(axes.collections for axes in figure.axes)
    for text in said:
        yield text if has_bars else text.replace(f" {OF_DRAWS}", "").replace(f" {OF_SEARCHES}", "")
    if any(_leaves(axes, "curves") for axes in figure.axes):
        yield "Early parts of some curves are beyond the panels."
    if any(_leaves(axes, "bands") for axes in figure.axes):
        yield "Some bars extend beyond the panel."


def _of_points(figure: Figure, unit: Unit) -> Iterator[str]:
    """Yield the meaning of the dots of single seeds, and of triangles at the edge."""
    labels = [str(line.get_label()) for line in _lines(figure.axes)]
    if any(label.endswith(ONE_RUN) for label in labels):
        yield in_units("Lines are means over seeds, small dots single seeds.", unit)
    if any(str(line.get_label()).endswith(BEYOND) for axes in figure.axes for line in axes.lines):
        yield "Triangles at the edge mark points far behind the others."


def _steps_of(figure: Figure) -> Iterator[str]:
    """Yield the meaning of steps, and of lines between the recorded rates, in a figure of learning rates."""
    is_stepped = [line.get_drawstyle() == "steps-pre" for line in _lines(figure.axes)]
    if any(is_stepped):
        yield "Steps are rates that are constant within each epoch."
    if not all(is_stepped):
        yield f"{'Other' if any(is_stepped) else 'The'} lines join the rates at the ends of the epochs."


def _of_good(figure: Figure) -> Iterator[str]:
    """Yield the meaning of the broad strokes along the good parts of lines."""
    entries = [text.get_text().replace("\n", " ") for legend in figure.legends for text in legend.get_texts()]
    for found in (re.fullmatch(rf"{GOOD} (.+) of its best \((.+)\)", entry) for entry in entries):
        if found:
            source = {
                OF_MARGIN: "the margin",
                OF_SEEDS: f"half the {CONFIDENCE:.0%} t-interval of the difference between two means, with the pooled "
                "spread of the better half of all points",
            }[found[2]]
            yield f"Broad strokes mark the part of a line that is at most {found[1]} worse than its best: {source}."
            if any(axes.get_title(loc="right") for axes in figure.axes):
                yield "The numbers above a panel are its range."


def _of_times(figure: Figure) -> Iterator[str]:
    """Yield the meaning of thick and thin lines and of bands in the scores by time."""
    if any(str(line.get_label()).endswith(ONE_RUN) for axes in figure.axes for line in axes.lines):
        yield "Thick lines are means over seeds of score and time, thin lines single seeds."
    else:
        yield "Lines are means over seeds of score and time."
    if has_bands(figure.axes):
        yield f"Bands are {CONFIDENCE:.0%} t-intervals of the mean score at each epoch."
    if has_bars(figure.axes):
        few = " of panels with more than four variants" * has_bands(figure.axes)
        yield f"Vertical bars at the ends of the curves{few} are {CONFIDENCE:.0%} t-intervals of the final mean score."


def _colors_of(figure: Figure) -> Iterator[str]:
    """Yield the meaning of the colours and of bold numbers in a heat map over data sets."""
    if len(figure.axes[0].images) < 2:
        yield "Bold: the best."
        if (bar := figure.axes[0].images[0].colorbar) and bar.extend != "neither":
            yield "Cells far behind most others do not determine the colour scale (arrow)."
    elif len(figure.axes) > 1:  # with a colour bar
        colors = "the difference from the baseline (in parentheses; blue: better, orange: worse)"
        yield f"Colours show {colors}, with a separate scale for each data set; bold: the best of each data set."
    else:
        yield "Each data set has its own colour scale; bold: the best of each data set."


def _of_trials(stem: str, figure: Figure, results: Results) -> Iterator[str]:
    """Yield the meaning of triangles, grey lines and gaps in a figure of trials."""
    labels = {str(line.get_label()) for axes in figure.axes for line in axes.lines}
    if stem in ("search", "tuning_history") and any(label.endswith("the axis") for label in labels):
        yield "Triangles at the edge are trials far behind the others."
    if stem == "tuning_parallel":
        if not all(trials.table["is_scored"].all() for trials in results.trials):
            yield "Grey trials have no score."
        if any(trials.places.isna().any(axis=None) for trials in results.trials):
            yield "A gap marks a key that is not set."


def _grey_marks(figure: Figure) -> Iterator[str]:
    """Yield the meaning of grey marks in panels that each show one variant in colour."""
    if any(line.get_color() == "0.8" for axes in figure.axes for line in axes.lines):
        yield "Each panel shows one variant in colour, and the others in grey."


def _diverged(results: Results) -> Iterator[str]:
    """Yield a sentence about variants whose curves end early or are missing because all their runs diverged."""
    frame = results.aggregate
    lost = frame.loc[(frame["completed"] == 0) & (frame["diverged"] > 0), "variant"]
    if names := [shown_name(str(variant)) for variant in lost[:_MOST_NAMED]]:
        more = [f"{len(lost) - len(names)} more"] * (len(lost) > len(names))
        yield f"All runs diverged: {', '.join([*names, *more])}."


def _beyond(stem: str, figure: Figure) -> Iterator[str]:
    """Yield a sentence about curves and bands that leave their panels."""
    if stem not in {*_BY_EPOCH, *_CURVES, "sensitivity", "interaction"}:
        return
    panels = [axes for axes in figure.axes if not _is_zoom(axes)]
    if stem == "difference_over_time" and any(line.get_marker() in ("v", "^") for line in _lines(panels)):
        yield "Triangles at the edge mark epochs at which a mean is beyond the panel."
    elif any(FAR_TEXT in text.get_text() for axes in figure.axes for text in axes.texts):
        yield "A number with an arrow is the largest mean of a curve that leaves the panel or lies above it."
    elif stem in _BY_EPOCH and any(_leaves(axes, "curves") for axes in panels):
        yield "Early parts of some curves are beyond the panels."
    if any(_leaves(axes, "bands") for axes in panels):
        yield "Some intervals extend beyond the panels."


def _lines(panels: Sequence[Axes]) -> list[Line2D]:
    """Return the lines and markers of the panels that have points."""
    return [line for axes in panels for line in axes.lines if np.size(line.get_xdata())]


def _of_zoom(figure: Figure) -> Iterator[str]:
    """Yield the meaning of the panels that enlarge the last part of the curves."""
    if zooms := [axes for axes in figure.axes if _is_zoom(axes)]:
        at_end = any(isinstance(bar, LineCollection) for axes in zooms for bar in axes.collections)
        linear = ", on a linear scale" if figure.axes[0].get_yscale() == "log" else ""
        leaving = [kind for kind in ("curves", "bands") if any(_leaves(axes, kind) for axes in zooms)]
        beyond = f"; some {' and '.join(leaving)} extend beyond it" if leaving else ""
        yield f"The last panel of each row shows the part of the curves in the box{linear}{beyond}."
        if at_end:
            yield "The vertical lines to the right of its curves are the means and intervals at the last epoch."


def _is_zoom(axes: Axes) -> bool:
    return axes.get_title(loc="left").startswith(ZOOM_TITLE)


def _with_runs(said: Sequence[str], figure: Figure, unit: Unit) -> Iterator[str]:
    """Yield the sentences with the meaning of thin lines, which replace bands of few runs."""
    runs = in_units("A variant with up to three seeds has a thin line for each seed instead of a band.", unit)
    if not any(str(line.get_label()).endswith(ONE_RUN) for line in _lines(figure.axes)):
        yield from said
    elif any(axes.collections for axes in figure.axes):
        yield from [*said, runs]
    else:
        few = in_units("Thick lines are means over seeds, thin lines single seeds.", unit)
        yield from [sentence.replace(in_units(BAND, unit), few) for sentence in said]


def _cut_bands(figure: Figure) -> Iterator[str]:
    """Yield sentences about bands that end at a limit of the metric, or are intervals of logarithms."""
    if any(axes.get_yscale() == "log" and len(axes.collections) for axes in figure.axes):
        yield "On a logarithmic axis, intervals are those of the mean's logarithm."
    paths = [path for axes in figure.axes for band in axes.collections for path in band.get_paths()]
    ends = {float(end) for path in paths for end in np.asarray(path.vertices)[:, 1]}
    if cut := [name for end, name in ((0.0, "0"), (1.0, "100%")) if end in ends]:
        yield f"Bands end at {_limits(cut)}."


def _limits(names: list[str]) -> str:
    return (
        f"{' and '.join(names)}, because no value can lie beyond {'this limit' if len(names) == 1 else 'these limits'}"
    )


def _leaves(axes: Axes, kind: str) -> bool:
    """Return whether curves or bands of a panel lie partly above or below it."""
    low, high = sorted(axes.get_ylim())
    room = 1e-6 * (high - low)
    if kind == "curves":
        parts = [np.asarray(line.get_ydata(), float) for line in axes.lines if line.get_transform() == axes.transData]
    else:
        paths = [path for band in axes.collections for path in band.get_paths()]
        parts = [np.asarray(path.vertices)[:, 1] for path in paths]
    return any(((values < low - room) | (values > high + room)).any() for values in parts)


def _cut_intervals(figure: Figure) -> Iterator[str]:
    """Yield a sentence about intervals that end at 0 or 100% because no value can lie beyond these limits."""
    intervals = [line for axes in figure.axes for line in axes.lines if str(line.get_label()).endswith(INTERVAL)]
    ends = {float(end) for line in intervals for end in np.asarray(line.get_xdata(), float)}
    if cut := [name for end, name in ((0.0, "0"), (1.0, "100%")) if end in ends]:
        yield f"Intervals end at {_limits(cut)}."


def _from_title(stem: str, results: Results, confusion: str | None) -> Iterator[str]:
    """Yield the content of the figure's title, because figures for papers have no titles."""
    if stem == "confusion_matrix" and confusion is None and results.has_several_datasets:
        yield f"Means over {results.unit.noun}s of the best variant on validation for each data set."
    elif stem == "confusion_matrix":
        variant = confusion or results.ranked[0]
        chosen = ", the best variant on validation" if confusion is None and len(results.variants) > 1 else ""
        yield f"Mean of {counted(len(results.runs_of(variant)), results.unit.noun)} of {shown_name(variant)}{chosen}."
    ended = results.aggregate["completed"] + results.aggregate["diverged"]
    if (stem == "time_to_target" or is_time(stem)) and (results.aggregate["reached"] < ended).any():
        yield "A variant has no mean if some of its runs never reached the target."
    if stem == "time_profile" and (profile := results.time_profile):
        yield f"Workloads: {counted(profile.workloads, profile.workload)}."
    if stem in ("time_to_target", "time_profile") and results.goal:
        yield f"Target: {results.goal}."
    if is_time(stem):
        yield from results.easy_target
    if stem in ("forest", "difference_over_time"):
        yield from results.distant_baselines
    if stem in ("heat_map", "interaction", "critical_difference", "variance_sources"):
        yield f"Metric: {quantity(results.metric)}."


def write_captions(captions: Mapping[str, str], out: Path) -> list[Path]:
    """Write captions.md and captions.tex, with an entry for each figure; return the paths.

    Args:
        captions: captions by the file stem of the figure.
    """
    label = identifier(out.resolve().name)
    lines = [f"**{stem}**: {escaped_markdown(text)}\n" for stem, text in captions.items()]
    write_text(out / "captions.md", "\n".join(lines))
    figures = [_latex_figure(stem, text, label) for stem, text in captions.items()]
    write_text(out / "captions.tex", "\n".join(["% \\usepackage{graphicx}", *figures]))
    return [out / "captions.md", out / "captions.tex"]


def _latex_figure(stem: str, text: str, label: str) -> str:
    lines = [
        r"\begin{figure}",
        r"\centering",
        rf"\includegraphics{{{stem}}}",
        rf"\caption{{{escaped(text)}}}\label{{fig:{label}-{identifier(stem)}}}",
        r"\end{figure}",
        "",
    ]
    return "\n".join(lines)


def _usual(stem: str, results: Results) -> str:
    """Return the usual caption of a figure with this name; with a single seed, it mentions no bands or intervals."""
    text = caption_of(stem, results.unit)
    if stem == "tuning_curve" and results.tuning_curve is not None:
        text = TUNING_CURVES.get(results.tuning_curve["kind"].iloc[0], text)
    if stem == CROSS_ENTROPY and is_cross_entropy(results.history):
        text = text.replace(WITHOUT_PENALTIES, "; this is the loss, because no run has penalties or smoothing.")
    if stem == results.metric:
        text = f"{axis_label(stem)[:1].upper()}{axis_label(stem)[1:]} by variant. {text}"
    if results.aggregate["n"].max() > 1:
        return text
    for several, one in _OF_ONE_SEED.items():
        text = text.replace(in_units(several, results.unit), in_units(one, results.unit))
    return text


def _of_forest(found: Sequence[Difference], results: Results, figure: Figure) -> Iterator[str]:
    timed = any(map(has_times, results.comparisons.to_dict("records")))
    yield f"Difference of each variant from {_baseline(found)} in {quantity(results.metric)}."
    known = [one for one in found if one.is_known]
    if any(one.is_paired for one in known):
        yield f"Dots are seeds, paired with the baseline's; diamonds are their {'median' if timed else 'mean'}."
    if not all(one.is_paired for one in known):
        yield "Hollow dots are the differences of unpaired seeds from the baseline's mean; diamonds are their mean."
    if any(math.isfinite(one.low) for one in found):
        has_new = any(math.isfinite(one.new_low) for one in found)
        also = (
            " for these test examples, thin lines with caps the interval that also covers new test examples"
            if has_new
            else ""
        )
        yield f"Thick lines are the {CONFIDENCE:.0%} interval{also}."
        if has_new and not all(one.is_wider_for_new for one in found if math.isfinite(one.new_low)):
            yield "The two are equal where new test examples add no variance to that of the seeds."
    if known:
        yield from _margin(results)
    if any(one.beyond for one in found):
        yield f"More than the margin: p < {LEVEL} for a difference beyond it, adjusted like the p of the verdict."
    yield from _arrows(figure, "difference")
    if tested := tests_text(results.comparisons, results.aggregate):
        yield f"Verdicts: {tested}."
    yield from _basis_of_verdicts(found, results.comparisons.to_dict("records"))


def _basis_of_verdicts(found: Sequence[Difference], rows: Sequence[Mapping[Any, Any]]) -> Iterator[str]:
    """Yield the meaning of the text below the verdicts, and why an interval may exclude 0 without a verdict.

    Args:
        rows: the comparisons behind the differences.
    """
    if any(one.why.startswith("p ") for one in found):
        yield f"Below each verdict is the p value that decides it, at the level {LEVEL}."
    apart = {one.variant: one.why for one in found if one.word == UNDECIDED and (one.low > 0 or one.high < 0)}
    by_p = [row for row in rows if apart.get(row["variant"], "").startswith("p ")]
    for why in dict.fromkeys(map(why_apart, by_p)):
        yield f"An interval may exclude 0 without a verdict, because {why}."
    if any(why.startswith("too few") for why in apart.values()):
        yield "With too few runs, p cannot reach the level, even if an interval excludes 0."


def _of_differences_over_time(found: Sequence[Difference], results: Results, figure: Figure) -> Iterator[str]:
    paired = ", paired by seed" if all(one.is_paired for one in found) else ""
    metric = quantity(results.validation_metric)
    yield f"Mean difference of each variant from {_baseline(found)} in {metric} by epoch{paired}."
    pairs = results.differences_by_epoch["n"]
    if pairs.between(2, FEW_RUNS).any():
        several = "" if (pairs <= FEW_RUNS).all() else " of variants with up to three"
        yield f"Thin lines are single seeds{several}; thick lines are means."
    if (pairs > FEW_RUNS).any():
        yield f"Bands are {CONFIDENCE:.0%} t-intervals, each valid for a single epoch and variant."
    yield from _grey_marks(figure)
    yield from _margin(results)


OWN_CAPTIONS: Mapping[str, Sentences] = {"forest": _of_forest, "difference_over_time": _of_differences_over_time}


def _margin(results: Results) -> Iterator[str]:
    if results.margin is not None:
        yield f"Grey band: within the margin of {margin_text(results.margin, results.metric)}."


def _baseline(found: Sequence[Difference]) -> str:
    names = {one.baseline for one in found}
    several = len({one.cell for one in found}) > 1
    return "its baseline" if len(names) > 1 else f"{shown_name(names.pop())}{' in the same cell or data set' * several}"


def _of_runs(stem: str, results: Results) -> str:
    """Return a sentence on the data and the numbers of seeds in a figure of several variants."""
    data = ", ".join(dict.fromkeys(results.summary["dataset"]))
    if stem == "sensitivity" and results.tuning is not None:  # shows the tuning runs
        seeds = results.tuning["seeds"]
        number = counted(int(seeds.max()), "tuning seed")
        return f"Data: {data}; n = {number} of each point."
    if stem in _WITHOUT_N:
        return f"Data: {data}."
    counts = results.aggregate["n"].astype(int)
    least, most = counts.min(), counts.max()
    noun = results.unit.noun
    return (
        f"Data: {data}; n = {counted(most, noun) if least == most else f'{least} to {most} {noun}s'} for each variant."
    )
