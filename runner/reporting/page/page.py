"""index.html: everything of a report in one file that fetches nothing."""

import base64
import hashlib
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from matplotlib.figure import Figure

from runner.core.text import counted
from runner.core.write import write_text
from runner.reporting.figures.canvas import ONE_COLUMN
from runner.reporting.metrics import quantity
from runner.reporting.page.page_tables import environment_table, runs_table, selection_table, variants_table
from runner.reporting.results import Results
from runner.reporting.statistics.comparisons import CONFIDENCE
from runner.reporting.tables.paper_table import PaperTable
from runner.reporting.targets import is_time

_BAND = f"Lines are means over the seeds, bands their {CONFIDENCE:.0%} t-intervals."
_DOTS = f"A dot is a seed; the line below is the mean with its {CONFIDENCE:.0%} t-interval."
_PENALTY = "Each run's own penalties and smoothing are part of it, so variants that differ in those cannot be compared."
CAPTIONS = {
    "accuracy": f"Accuracy of every epoch. {_BAND}",
    "loss": f"The loss that was trained by, of every epoch. {_PENALTY} {_BAND}",
    "negative_log_likelihood": f"Cross-entropy of every epoch, without penalties and smoothing. {_BAND}",
    "generalization_gap": f"What a network knows of its training data and not of others. {_DOTS}",
    "time_to_target": f"Training time until the target is first reached. {_DOTS}",
    "sensitivity": f"The metric along a value that was varied. {_BAND}",
    "heat_map": "Mean and standard deviation for every pair of values; grey where no run completed.",
    "learning_rate": "Learning rate at each epoch's last step; variants whose rates are the same share a line.",
    "gradient_norm": f"Norm of all layers' gradients together, mean of each epoch. {_BAND}",
    "confusion_matrix": "Test examples of each true class by the class they were taken for, coloured by their share.",
    "ensemble": f"The seeds of each variant, and the network that averages their predictions. {_DOTS}",
    "critical_difference": (
        "Average ranks over the data sets; a bar joins variants that Nemenyi's test does not tell apart."
    ),
}


def caption_of(stem: str) -> str:
    """Return a figure's caption; one that is named after the report's metric has a dot for each seed."""
    return CAPTIONS.get(stem, _DOTS)


@dataclass(frozen=True)
class Drawing:
    """A figure in the page: its SVG in base64."""

    stem: str
    caption: str
    data: str
    wide: bool
    alt: str


def drawing(stem: str, figure: Figure, svg: bytes) -> Drawing:
    """Return a figure as the page holds it."""
    title = figure.get_suptitle().replace("\n", " ")
    return Drawing(
        stem=stem,
        caption=caption_of(stem),
        data=base64.b64encode(svg).decode(),
        wide=figure.get_figwidth() > ONE_COLUMN,
        alt=f"Figure. {title}",
    )


def write_page(results: Results, drawings: Sequence[Drawing], table: PaperTable, path: Path) -> Path:
    """Write the page, with the caption and the best means of the paper's table; return its path.

    Everything that comes from a configuration or a record is escaped, and the page's policy lets no script run but its
    own, and nothing be fetched.
    """
    style, script = _part("page.css"), _part("page.js")
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(_part("page.html"))
    named = quantity(results.metric)
    heading = results.asked.question or f"{named[:1].upper()}{named[1:]} of {counted(len(results.variants), 'variant')}"
    failures = _failures(results)
    left_out = results.left_out.reasons
    sections = {"verdict": "Verdict", "variants": "Variants", "tuning": "Tuning", "figures": "Figures", "runs": "Runs"}
    sections |= {"failures": "Failures", "left-out": "Left out", "environment": "Environment", "again": "Make it again"}
    absent = {"tuning": results.selection is None, "failures": not failures, "left-out": not left_out}
    text = template.render(
        title=f"{heading} - runner",
        heading=heading,
        subtitle=f"{results.title}; {_which_images(results.metric)}",
        sections=[(anchor, name) for anchor, name in sections.items() if not absent.get(anchor)],
        verdicts=list(results.verdicts.values()),
        cautions=results.cautions,
        variants=variants_table(results, table),
        selection=None if results.selection is None else selection_table(results.selection),
        figures=drawings,
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


def _which_images(metric: str) -> str:
    if metric.startswith(("val_", "best_val_")) or is_time(metric):
        return "choices and figures on validation"
    return "choices on validation, figures on test"


def _part(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _source_hash(text: str) -> str:
    """Return what a Content-Security-Policy names an inline style or script by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _failures(results: Results) -> Sequence[Mapping[str, str]]:
    failed: list[Mapping[str, str]] = []
    for run, label in zip(results.runs, results.summary["variant"], strict=True):
        record = run.record
        if record.error and record.error_line:
            failed.append({"title": f"{label}, seed {record.seed}: {record.error_line}", "text": record.error})
    return failed


def _command(results: Results) -> str:
    if results.asked.command:
        return results.asked.command
    lines = dict.fromkeys(shlex.join(["runner", *run.record.overrides]) for run in results.runs)
    return "\n".join(lines)
