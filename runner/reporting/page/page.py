"""Page of a report: index.html, one file that fetches nothing."""

import base64
import hashlib
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from matplotlib.figure import Figure

from runner.core.text import counted
from runner.core.write import write_text
from runner.reporting.captions import TUNING_CAPTIONS
from runner.reporting.figures.looks import ONE_COLUMN
from runner.reporting.metrics import quantity
from runner.reporting.page.answer import answer
from runner.reporting.page.effects_table import effects_table
from runner.reporting.page.page_tables import environment_table, runs_table, selection_table, variants_table
from runner.reporting.page.tasks_table import tasks_table
from runner.reporting.page.variance_table import variance_table
from runner.reporting.results import Results
from runner.reporting.tables.paper_table import PaperTable
from runner.reporting.targets import is_time
from runner.reporting.variance_sources import source_sentences

_PUNCTUATION = re.compile(r"(?<=[_,=/.-])")


@dataclass(frozen=True)
class Drawing:
    """A figure of the page: its SVG in base64."""

    stem: str
    caption: str
    data: str
    wide: bool
    alt: str


def drawing(stem: str, figure: Figure, svg: bytes, caption: str) -> Drawing:
    """Return the drawing of a figure for the page."""
    title = figure.get_suptitle().replace("\n", " ")
    return Drawing(
        stem=stem,
        caption=caption,
        data=base64.b64encode(svg).decode(),
        wide=figure.get_figwidth() > ONE_COLUMN,
        alt=f"Figure. {title}",
    )


def write_page(results: Results, drawings: Sequence[Drawing], table: PaperTable, path: Path) -> Path:
    """Write the page, with the caption and marks of the paper's table; return its path.

    Text from configurations and records is escaped. The page's Content-Security-Policy allows only its own script and
    fetches nothing.
    """
    style, script = _part("page.css"), _part("page.js")
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    environment.filters["breakable"] = _breakable
    template = environment.from_string(_part("page.html"))
    named = quantity(results.metric)
    heading = results.asked.question or f"{named[:1].upper()}{named[1:]} of {counted(len(results.variants), 'variant')}"
    failures = _failures(results)
    left_out = results.left_out.reasons
    spread = results.variance_sources
    first = answer(results)
    sections = {
        "verdict": "Verdict", "in-full": "In full", "variants": "Variants", "data-sets": "Data sets",
        "effects": "Effects", "tuning": "Tuning", "variance": "Sources of variance", "figures": "Figures",
        "runs": "Runs", "failures": "Failures", "left-out": "Left out", "environment": "Environment",
        "again": "Reproduce",
    }  # fmt: skip
    absent = {
        "in-full": not first.ticks,
        "data-sets": not results.tasks,
        "effects": results.effects is None,
        "tuning": results.selection is None,
        "variance": spread is None,
        "failures": not failures,
        "left-out": not left_out,
    }
    text = template.render(
        title=f"{heading} - runner",
        heading=heading,
        subtitle=f"{results.title}; {_which_images(results.metric)}",
        sections=[(anchor, name) for anchor, name in sections.items() if not absent.get(anchor)],
        answer=first,
        verdicts=results.verdicts.values(),
        further=[*results.task_verdicts, *results.effect_verdicts],
        cautions=results.cautions,
        variants=variants_table(results, table),
        tasks=tasks_table(results.tasks) if results.tasks else None,
        selection=None if results.selection is None else selection_table(results.selection),
        tuning_sentences=[*results.tuning_sentences, *results.importances.notes],
        tuning_figures=[figure for figure in drawings if figure.stem in TUNING_CAPTIONS],
        effects=None if results.effects is None else effects_table(results.effects),
        variance=None if spread is None else variance_table(spread),
        variance_sentences=source_sentences(spread),
        figures=[figure for figure in drawings if figure.stem not in TUNING_CAPTIONS],
        runs=runs_table(results, path.parent),
        failures=failures,
        left_out=left_out,
        environment=environment_table(run.record for run in results.runs),
        command=_command(results),
        style=style,
        script=script,
        style_hash=_source_hash(style),
        script_hash=_source_hash(script),
    )
    write_text(path, text)
    return path


def _breakable(name: str) -> list[str]:
    """Return the parts of a name between which a line may break."""
    return _PUNCTUATION.split(name)


def _which_images(metric: str) -> str:
    if metric.startswith(("val_", "best_val_")) or is_time(metric):
        return "choices and results on validation"
    return "choices on validation, results on test"


def _part(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _source_hash(text: str) -> str:
    """Return the hash of an inline style or script for the Content-Security-Policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


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
