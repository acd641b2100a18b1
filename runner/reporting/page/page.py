"""Page of a report: index.html, one file that fetches nothing."""

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from runner.core.text import counted
from runner.core.write import write_text
from runner.reporting.collection.settings import settings_of
from runner.reporting.comparison.looks import looks_frame
from runner.reporting.figures.drawing.appearance import ONE_COLUMN
from runner.reporting.figures.drawing.names import with_names
from runner.reporting.grid_effects.variance_sources import source_sentences
from runner.reporting.metrics import quantity
from runner.reporting.page.answer import answer, own_names
from runner.reporting.page.assets import assets, template
from runner.reporting.page.cells import PageTable
from runner.reporting.page.chart_data import chart_data
from runner.reporting.page.effects_table import effects_table
from runner.reporting.page.inline_svg import data_address
from runner.reporting.page.looks_table import looks_table
from runner.reporting.page.page_tables import environment_table, selection_table, variants_table
from runner.reporting.page.ranks_table import ranks_table
from runner.reporting.page.runs_table import runs_table
from runner.reporting.page.sections import NEEDS, REPLACED, SECTIONS, Drawing, placed
from runner.reporting.page.settings_table import settings_table
from runner.reporting.page.tasks_table import tasks_table
from runner.reporting.page.trials_table import trials_table
from runner.reporting.page.variance_table import variance_table
from runner.reporting.results import Results
from runner.reporting.tables.paper_table import PaperTable
from runner.reporting.targets import is_time

_REPEATED = re.compile(r"^Over \d+ data sets, | for these data sets")


def drawing(stem: str, figure: Figure, svg: bytes, caption: str) -> Drawing:
    """Return a drawn figure for the page."""
    title = figure.get_suptitle().replace("\n", " ")
    return Drawing(
        stem=stem,
        caption=caption,
        address=data_address(svg),
        wide=figure.get_figwidth() > ONE_COLUMN,
        alt=f"Figure. {title or caption}",
    )


def write_page(results: Results, drawings: Sequence[Drawing], table: PaperTable, path: Path) -> Path:
    """Write the page of `page_text`; return its path."""
    write_text(path, page_text(results, drawings, table, path.parent))
    return path


def page_text(results: Results, drawings: Sequence[Drawing], table: PaperTable, place: Path) -> str:
    """Return the page, with the caption and marks of the paper's table.

    Text from configurations and records is escaped. The page's Content-Security-Policy allows only its own scripts and
    no requests.

    Args:
        place: directory of the page; links to run directories are relative to it.
    """
    named = quantity(results.metric)
    of = counted(results.arms, "variant") if results.arms > 1 else _named(results, results.variants[:1])[0]
    heading = results.asked.question or f"{named[:1].upper()}{named[1:]} of {of}"
    settings = settings_of(results.runs, results.left_out)
    tables = {
        **_comparisons(results, table),
        "settings": settings_table([*results.summary["variant"]], results.baselines, settings),
        **_tables_of_study(results),
        "runs": runs_table(results, place),
    }
    replaced = {*REPLACED, results.metric}
    content = {
        **_opening(results),
        "chart_data": chart_data(results, results.differences_by_epoch, settings),
        **{name: table and table.with_names(results.print_names) for name, table in tables.items()},
        **_studied(results),
        "replaced": replaced,
        "failures": _failures(results),
        "left_out": results.left_out.reasons,
        "environment": environment_table(run.record for run in results.runs),
        "command": _command(results),
    }
    sections = {anchor: name for anchor, name in SECTIONS.items() if content[NEEDS.get(anchor, "runs")]}
    return template().render(
        title=f"{heading} - runner",
        heading=heading,
        subtitle=f"{results.title}; {_which_images(results.metric)}",
        planned_looks=results.looks_note if results.asked.looks else "",
        sections=sections.items(),
        placed=placed(drawings, sections, replaced),
        **content,
        **assets(),
    )


def _opening(results: Results) -> dict[str, Any]:
    """Return the content of the first screen, and the values that depend on it."""
    first = answer(results, results.differences)
    in_full = results.verdicts.items() if first.has_plot else ()  # otherwise, the answer contains them
    return {
        "conclusion": with_names(results.conclusion, results.print_names),
        "answer": first,
        "notices": _named(results, results.distant_baselines),
        "over_data_sets": _named(results, [_without_heading(sentence) for sentence in results.task_verdicts]),
        "effect_verdicts": [_begun(sentence) for sentence in _named(results, results.effect_verdicts)],
        "cautions": _named(results, [text for text in results.cautions if text not in results.distant_baselines]),
        "verdicts": [with_names(sentence, own_names(results, variant)) for variant, sentence in in_full],
    }


def _without_heading(sentence: str) -> str:
    """Return a sentence over data sets without the words that its heading says, so that it has one line."""
    return _REPEATED.sub("", sentence)


def _begun(sentence: str) -> str:
    """Return a sentence about effects with a capital, unless it begins with a key or a variant."""
    return sentence if " rather than " in sentence else sentence[:1].upper() + sentence[1:]


def _named(results: Results, sentences: Sequence[str]) -> list[str]:
    return [with_names(sentence, results.print_names) for sentence in sentences]


def _comparisons(results: Results, table: PaperTable) -> dict[str, PageTable | None]:
    """Return the tables of variants and of the axes of a grid."""
    return {
        "variants": variants_table(results, table),
        "tasks": tasks_table(results.tasks) if results.tasks else None,
        "ranks": ranks_table(results.ranks, results.print_names) if results.ranks else None,
        "effects": None if results.effects is None else effects_table(results.effects),
    }


def _tables_of_study(results: Results) -> dict[str, PageTable | None]:
    """Return the tables of tuning, planned looks and sources of variance."""
    spread, looks, asked = results.variance_sources, looks_frame(results), results.asked.looks
    return {
        "selection": None if results.selection is None else selection_table(results.selection),
        "trials": trials_table(results),
        "looks": None if looks is None or asked is None else looks_table(looks, asked),
        "variance": None if spread is None else variance_table(spread),
    }


def _studied(results: Results) -> dict[str, Any]:
    """Return the sentences on tuning, planned looks and sources of variance."""
    return {
        "is_tuned": results.tuning_curve is not None,
        "looks_note": results.looks_note,
        "tuning_sentences": _named(results, [*results.tuning_sentences, *results.importances.notes]),
        "variance_sentences": _named(results, source_sentences(results.variance_sources)),
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
            name = results.print_names.get(label, label)
            failed.append({"title": f"{name}, {record.which}: {record.error_line}", "text": record.error})
    return failed


def _command(results: Results) -> str:
    if results.asked.command:
        return results.asked.command
    lines = dict.fromkeys(shlex.join(["runner", *run.record.overrides]) for run in results.runs)
    return "\n".join(lines)
