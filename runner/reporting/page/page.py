"""Page of a report: index.html, one file that fetches nothing."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from runner.core.text import counted
from runner.core.write import write_text
from runner.reporting.figures.canvas import ONE_COLUMN
from runner.reporting.folds import SEEDS, Unit
from runner.reporting.metrics import quantity
from runner.reporting.page.answer import answer
from runner.reporting.page.assets import assets, template
from runner.reporting.page.chart_data import chart_data
from runner.reporting.page.effects_table import effects_table
from runner.reporting.page.inline_svg import data_address
from runner.reporting.page.page_tables import environment_table, selection_table, variants_table
from runner.reporting.page.runs_table import runs_table
from runner.reporting.page.tasks_table import tasks_table
from runner.reporting.page.variance_table import variance_table
from runner.reporting.results import Results
from runner.reporting.statistics.attainability import CONFIDENCE
from runner.reporting.tables.paper_table import PaperTable
from runner.reporting.targets import is_time
from runner.reporting.variance_sources import source_sentences

_REPLACED = ("forest", "accuracy", "loss", "negative_log_likelihood", "learning_rate")  # figures; a chart shows more
_SECTIONS = {
    "verdict": "Verdict", "in-full": "In full", "charts": "Charts", "variants": "Variants", "data-sets": "Data sets",
    "effects": "Effects", "tuning": "Tuning", "variance": "Sources of variance", "runs": "Runs", "figures": "Figures",
    "failures": "Failures", "left-out": "Left out", "environment": "Environment", "again": "Reproduce",
}  # fmt: skip
# Without this content a section is absent.
_NEEDS = {
    "in-full": "verdicts", "charts": "chart_data", "data-sets": "tasks", "effects": "effects", "tuning": "selection",
    "variance": "variance", "failures": "failures", "left-out": "left_out",
}  # fmt: skip
_BAND = f"Lines are means over seeds, bands their {CONFIDENCE:.0%} t-intervals."
_DOTS = f"Each dot is a seed; the bar below is the mean with its {CONFIDENCE:.0%} t-interval."
_PENALTY = "Includes each run's own penalties and smoothing; not comparable between variants that differ in these."
_HISTORY = (
    "Validation score of each trial, in the order in which the trials were planned or asked for; the line is the best "
    "so far. Trials far behind the others are triangles at the edge."
)
TUNING_CAPTIONS = {
    "tuning_curve": (
        "Best of so many points, drawn at random and without replacement from those tried: the mean over all draws of "
        "its validation score and of its test score, both on the tuning seeds. A bar holds 95% of the validation "
        "scores; it is no confidence interval for other points. A grid's curve depends on the values in it."
    ),
    "search": _HISTORY,
    "tuning_history": _HISTORY,
    "tuning_slices": (
        "Validation score of each trial by the value of each tuned key, on the scale of its axis. A star is the "
        "choice. Other keys vary as well, so a pattern in one panel may be the effect of another key."
    ),
    "importances": (
        "Share of the variance of the validation score that each key explains by itself (dot) and with its "
        "interactions (circle), by fANOVA on a random forest. A line holds 95% of the forest's trees, each of which "
        "saw another sample of the trials. R² is the share of the variance that the forest predicts of trials that it "
        "has not seen; grey: it predicts none. A variant with a single tuned key has no importances."
    ),
    "tuning_parallel": (
        "Each line is a trial: it passes through the values of its keys to its validation score, which also gives its "
        "colour (dark: better). The thick line is the choice. Grey trials have no score. A gap is a key not set."
    ),
}
CAPTIONS = TUNING_CAPTIONS | {
    "forest": (
        "Difference of each variant from its baseline. Dots are seeds, the diamond is their mean, the thick line its "
        f"{CONFIDENCE:.0%} interval for these test examples, and the thin line the one that also covers new test "
        "examples. Intervals are not adjusted for several comparisons; the verdict is. An arrow at the edge is a "
        "difference far beyond the others."
    ),
    "accuracy": f"Accuracy by epoch. {_BAND}",
    "loss": f"Loss by epoch. {_PENALTY} {_BAND}",
    "negative_log_likelihood": f"Cross-entropy by epoch, without penalties and smoothing. {_BAND}",
    "generalization_gap": f"Final training accuracy minus validation accuracy. {_DOTS}",
    "time_to_target": f"Training time until the run first reaches the target, without the compilation. {_DOTS}",
    "time_profile": (
        "Share of the workloads on which a variant reaches the target within a multiple of the fastest variant's time; "
        "the score is the mean height between 1 and 4."
    ),
    "sensitivity": f"Metric against the varied key. {_BAND}",
    "heat_map": "Mean and standard deviation for every pair of values; grey: no run completed.",
    "interaction": (
        f"Means of the complete seeds by two axes, over all others; bars or bands are {CONFIDENCE:.0%} t-intervals over"
        " seeds. Lines that are not parallel suggest an interaction; its test and interval are under Effects."
    ),
    "learning_rate": "Learning rate at the last step of each epoch; variants with equal rates share a line.",
    "gradient_norm": f"Gradient norm over all layers, mean of each epoch. {_BAND}",
    "confusion_matrix": "Test examples by true and predicted class; the colour is the share of the true class.",
    "ensemble": f"Seeds of each variant, and the ensemble that averages their predictions. {_DOTS}",
    "variance_sources": (
        f"Standard deviation over seeds with its {CONFIDENCE:.0%} interval: of each source alone, the others fixed at "
        "one draw, and of everything together (line). They need not add up."
    ),
    "critical_difference": (
        "Average ranks over the data sets; bars join variants without a significant difference (Nemenyi's test). Below "
        "the axis: tests of Iman and Davenport and of Friedman over all variants, and Wilcoxon's against the baseline."
    ),
    "performance_profile": (
        "Share of the runs on all data sets whose score is above each value; bands are pointwise 95% intervals by "
        "stratified bootstrap."
    ),
}


def caption_of(stem: str, unit: Unit = SEEDS) -> str:
    """Return the caption of a figure; a figure named after the metric has one dot per seed, or per fold."""
    caption = CAPTIONS.get(stem, _DOTS)
    if unit == SEEDS:
        return caption
    overlap = "for overlapping training sets"
    words = {"t-intervals": f"intervals, which allow {overlap}", "t-interval": f"interval, which allows {overlap}"}
    for plain, corrected in {"seed": unit.noun, **words}.items():
        caption = caption.replace(plain, corrected)
    return caption


@dataclass(frozen=True)
class Drawing:
    """A figure of the page; `address` holds its SVG."""

    stem: str
    caption: str
    address: str
    wide: bool
    alt: str


def drawing(stem: str, figure: Figure, svg: bytes, unit: Unit = SEEDS) -> Drawing:
    """Return the drawing of a figure for the page."""
    title = figure.get_suptitle().replace("\n", " ")
    return Drawing(
        stem=stem,
        caption=caption_of(stem, unit),
        address=data_address(svg),
        wide=figure.get_figwidth() > ONE_COLUMN,
        alt=f"Figure. {title}",
    )


def write_page(results: Results, drawings: Sequence[Drawing], table: PaperTable, path: Path) -> Path:
    """Write the page of `page_text`; return its path."""
    write_text(path, page_text(results, drawings, table, path.parent))
    return path


def page_text(results: Results, drawings: Sequence[Drawing], table: PaperTable, place: Path) -> str:
    """Return the page, with the caption and marks of the paper's table.

    Text from configurations and records is escaped. The page's Content-Security-Policy allows only its own script and
    fetches nothing.

    Args:
        place: directory of the page; links to run directories are relative to it.
    """
    named = quantity(results.metric)
    heading = results.asked.question or f"{named[:1].upper()}{named[1:]} of {counted(len(results.variants), 'variant')}"
    content = {
        **_opening(results),
        **_comparisons(results, table),
        **_studied(results),
        "tuning_figures": [figure for figure in drawings if figure.stem in TUNING_CAPTIONS],
        "figures": [figure for figure in drawings if figure.stem not in TUNING_CAPTIONS],
        "replaced": [*_REPLACED, results.metric],
        "runs": runs_table(results, place),
        "failures": _failures(results),
        "left_out": results.left_out.reasons,
        "environment": environment_table(run.record for run in results.runs),
        "command": _command(results),
    }
    return template().render(
        title=f"{heading} - runner",
        heading=heading,
        subtitle=f"{results.title}; {_which_images(results.metric)}",
        sections=[(anchor, name) for anchor, name in _SECTIONS.items() if content[_NEEDS.get(anchor, "runs")]],
        **content,
        **assets(),
    )


def _opening(results: Results) -> dict[str, Any]:
    """Return the content of the first screen, and what follows from it."""
    first = answer(results)
    return {
        "answer": first,
        "further": [*results.task_verdicts, *results.effect_verdicts],
        "cautions": results.cautions,
        "verdicts": [*results.verdicts.values()] if first.ticks else [],  # otherwise they stand in the answer
        "chart_data": chart_data(results),
    }


def _comparisons(results: Results, table: PaperTable) -> dict[str, Any]:
    """Return the tables of variants and of the axes of a grid."""
    return {
        "variants": variants_table(results, table),
        "tasks": tasks_table(results.tasks) if results.tasks else None,
        "effects": None if results.effects is None else effects_table(results.effects),
    }


def _studied(results: Results) -> dict[str, Any]:
    """Return the content of the sections on tuning and on sources of variance."""
    spread = results.variance_sources
    return {
        "selection": None if results.selection is None else selection_table(results.selection),
        "tuning_sentences": [*results.tuning_sentences, *results.importances.notes],
        "variance": None if spread is None else variance_table(spread),
        "variance_sentences": source_sentences(spread),
    }


def _which_images(metric: str) -> str:
    if metric.startswith(("val_", "best_val_")) or is_time(metric):
        return "choices and results on validation"
    return "choices on validation, results on test"


def _failures(results: Results) -> Sequence[Mapping[str, str]]:
    failed: list[Mapping[str, str]] = []
    for run, label in zip(results.runs, results.summary["variant"], strict=True):
        record = run.record
        if record.error and record.error_line:
            failed.append({"title": f"{label}, {record.which}: {record.error_line}", "text": record.error})
    return failed


def _command(results: Results) -> str:
    if results.asked.command:
        return results.asked.command
    lines = dict.fromkeys(shlex.join(["runner", *run.record.overrides]) for run in results.runs)
    return "\n".join(lines)
