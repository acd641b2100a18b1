"""Report: files for one or many runs, and verdicts on the terminal."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from rich.console import Console

from runner.core.errors import UserError
from runner.core.forks import free_processes
from runner.core.omissions import LeftOut
from runner.core.paths import refuse_file
from runner.core.terminal import say
from runner.core.write import remove_leftovers, write_bytes
from runner.records.run_directory import RunDirectory
from runner.reporting.collection.collect import find_runs
from runner.reporting.collection.variant_names import find_variant
from runner.reporting.comparison.ranks import Ranks
from runner.reporting.figures.drawing.appearance import Look, look_of
from runner.reporting.figures.drawing.canvas import as_svg, save_figure
from runner.reporting.figures.drawing.drawn_data import drawn_data
from runner.reporting.figures.drawing.files import drawn, listed
from runner.reporting.figures.drawing.names import names_in_force
from runner.reporting.formats import FIGURE_FORMATS, USUAL_FORMATS, USUAL_OF_A_RUN, Output
from runner.reporting.idle_options import refuse_idle_options
from runner.reporting.page.page import drawing, page_text, write_page
from runner.reporting.page.sections import REPLACED, Drawing
from runner.reporting.report_figures import OF_FURTHER_FILES, NamedDrawing, report_figures
from runner.reporting.result_reader import Wish, read_results
from runner.reporting.results import Results
from runner.reporting.run_report import report_run
from runner.reporting.sentences.captions import CAPTIONS, TUNING_CAPTIONS
from runner.reporting.sentences.figure_captions import OWN_CAPTIONS, figure_caption, write_captions
from runner.reporting.tables.csv_files import write_frame
from runner.reporting.tables.dataset_table import dataset_table
from runner.reporting.tables.paper_table import PaperTable, paper_table

_LONG = ["run_id", "variant", "seed", "epoch"]  # columns of history.csv that precede metric and value


Frames = Mapping[str, pd.DataFrame | Iterator[pd.DataFrame] | None]  # each a whole frame or its parts, by file name


@dataclass(frozen=True)
class Report:
    """The written files, and the results on which they are based."""

    written: list[Path]
    results: Results | None  # None for a single run


def report(paths: Sequence[Path], out: Path, wish: Wish | None = None, output: Output | None = None) -> Report:
    """Report on all runs in and below the paths.

    A report on a single run in its own directory consists of the run's figures and, on request, a page or table. All
    other reports consist of tables, figures and a page.

    Raises:
        UserError: if no run is found, if an option contains an unknown metric, variant or key, or if it has no effect
            with the chosen formats.
    """
    refuse_file(out)
    output = output or Output()
    refuse_idle_options(output)
    left_out = LeftOut()
    runs = find_runs(paths, left_out)
    if len(runs) == 1 and runs[0].directory.path.resolve() == out.resolve():
        formats = USUAL_OF_A_RUN if output.formats is None else output.formats
        refuse_idle_options(replace(output, formats=formats))
        look = look_of(output.style, output.width, output.font)
        own = runs[0].directory, runs[0].record
        written = report_run(*own, left_out, formats, look, figure_data=output.figure_data)
        if more := {"html", "table"} & {*formats}:  # the other files would replace those of the run itself
            of_page = output.figure_data and not {*FIGURE_FORMATS} & {*formats}
            further = replace(output, formats=more, figure_data=of_page)
            written += _write(read_results(runs, paths, Wish(), left_out), out, further)
        return Report(written, None)
    _refuse_run(out)
    results = read_results(runs, paths, wish or Wish(), left_out)
    return Report(list(_write(results, out, output)), results)


def write_report(results: Results, out: Path, output: Output | None = None) -> list[Path]:
    """Write a report on results; return the files written.

    Raises:
        UserError: if the directory is a file or a run, or if an option has no effect with the chosen formats.
    """
    refuse_file(out)
    refuse_idle_options(output := output or Output())
    _refuse_run(out)
    return list(_write(results, out, output))


def _refuse_run(out: Path) -> None:
    if RunDirectory(out).record_path.exists():
        raise UserError(
            f"{out}: is a run, and the report would replace its files; choose another directory (--out DIR)"
        )


def _write(results: Results, out: Path, output: Output) -> Iterator[Path]:
    if output.confusion is not None:
        output = replace(output, confusion=find_variant("--confusion", output.confusion, results.variants))
    formats = {*(USUAL_FORMATS if output.formats is None else output.formats)}
    look = look_of(output.style, output.width, output.font)
    out.mkdir(parents=True, exist_ok=True)
    remove_leftovers(out)
    ranks = results.ranks
    draws = bool({*FIGURE_FORMATS, "html"} & formats)
    to_list = report_figures(results, ranks, output.confusion, seeds=output.seeds, further=draws)
    figures = listed(to_list, results.left_out)
    frames = _frames(results, ranks)
    # Without drawing, the data of these figures are not read, so their old files stay.
    present = {stem for stem, _ in figures} | (set() if draws else OF_FURTHER_FILES)
    for stale in _stale(results, present, frames, out):
        stale.unlink(missing_ok=True)
    if "csv" in formats:
        yield from (write_frame(frame, out / name) for name, frame in frames.items() if frame is not None)
    if formats <= {"csv"}:
        return
    table = results_table(results)
    if "table" in formats:
        yield from _write_tables(results, ranks, table, out, output)
    if draws:
        yield from _write_figures(results, figures, table, out, replace(output, formats=formats), look)


def _stale(results: Results, figures: Collection[str], frames: Frames, out: Path) -> Iterator[Path]:
    """Yield the files of an earlier report that do not belong to this one.

    Args:
        figures: stems of this report's figures.
    """
    if RunDirectory(out).record_path.exists():  # a run has its own figures
        return
    of_search = TUNING_CAPTIONS if (out / "trials.csv").exists() else {}  # files that belong to the search itself
    for stem in {*CAPTIONS, *OWN_CAPTIONS} - {*figures, *of_search}:
        yield from _files_of(stem, out)
    yield from (out / name for name, frame in frames.items() if frame is None and Path(name).stem not in of_search)
    if not results.has_several_datasets:
        yield from (out / f"table_by_dataset.{suffix}" for suffix in ("md", "tex"))


def _files_of(stem: str, out: Path) -> list[Path]:
    """Return the files that a figure may have, in all formats and with its data."""
    return [out / f"{stem}{end}" for end in (*(f".{suffix}" for suffix in FIGURE_FORMATS), "_data.csv")]


def _frames(results: Results, ranks: Ranks | None) -> Frames:
    """Return the frames of the report by file name; None for a frame that the report does not have."""
    tasks, profile, importances = results.tasks, results.time_profile, results.importances.frame
    return {
        "summary.csv": runs_frame(results),
        "history.csv": _metrics_apart(results.history),
        "aggregate.csv": results.aggregate,
        "comparisons.csv": results.comparisons,
        "selection.csv": results.selection,
        "tuning_curve.csv": results.tuning_curve,
        "importances.csv": importances if len(importances) else None,
        "variance_sources.csv": results.variance_sources,
        "ranks.csv": ranks.frame() if ranks else None,
        "tasks.csv": tasks.frame if tasks else None,
        "performance_profile.csv": tasks.profiles if tasks and len(tasks.profile) else None,
        "effects.csv": results.effects,
        "time_profile.csv": profile.frame if profile else None,
    }


def runs_frame(results: Results) -> pd.DataFrame:
    """Return one row per run, as in summary.csv."""
    return results.summary.drop(columns=["arm", "cell"])


def long_history(history: pd.DataFrame) -> pd.DataFrame:
    """Return one row per run, epoch and metric, as in history.csv, from one row per run and epoch."""
    return history.drop(columns="position").melt(_LONG, var_name="metric").dropna(subset="value")


def _metrics_apart(history: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the rows of `long_history` metric by metric, because the whole frame would be the largest of a report."""
    metrics = [name for name in history if name not in ("position", *_LONG)]
    for name in metrics:  # as floats, as in a whole frame
        yield long_history(history[["position", *_LONG, name]].astype({name: float}))
    if not metrics:
        yield long_history(history)


def results_table(results: Results) -> PaperTable:
    """Return the table for a paper."""
    frames = results.summary, results.aggregate, results.comparisons
    return paper_table(
        *frames, results.marks, _test_examples(results), results.goal, results.notes, results.print_names
    )


@dataclass(frozen=True)
class _WrittenFigure:
    stem: str
    caption: str
    drawing: Drawing | None  # for the page
    paths: list[Path]


def _write_figures(
    results: Results,
    figures: Sequence[tuple[str, NamedDrawing]],
    table: PaperTable,
    out: Path,
    output: Output,
    look: Look,
) -> Iterator[Path]:
    formats = output.formats or ()
    by_stem = dict(figures)

    def write(stem: str, figure: Figure) -> _WrittenFigure:
        caption = figure_caption(stem, figure, results, output.confusion)
        written, shown = [], None
        if {"svg", "html"} & {*formats}:
            svg = as_svg(figure)
            shown = drawing(stem, figure, svg, caption)
        if "svg" in formats:
            write_bytes(out / f"{stem}.svg", svg)
            written.append(out / f"{stem}.svg")
        if output.figure_data:
            written.append(write_frame(drawn_data(by_stem[stem].with_labels()), out / f"{stem}_data.csv"))
        written += [save_figure(figure, out / f"{stem}.{suffix}") for suffix in ("png", "pdf") if suffix in formats]
        return _WrittenFigure(stem, caption, shown, written)

    found = []
    for one in drawn(figures, write, results.left_out, look, free_processes()):
        yield from one.paths
        found.append(one)
    for stem in {*by_stem} - {one.stem for one in found}:  # could not be drawn
        for earlier in _files_of(stem, out):
            earlier.unlink(missing_ok=True)
    if "table" in formats and {*FIGURE_FORMATS} & {*formats}:
        yield from write_captions({one.stem: one.caption for one in found}, out)
    if "html" in formats:
        yield write_page(results, [one.drawing for one in found if one.drawing], table, out / "index.html")


def report_page(paths: Sequence[Path], place: Path) -> str:
    """Return the page of a report on all runs in and below the paths, without writing a file.

    While runs are training, the page omits the figures that its charts replace, because a newer page will soon replace
    it.

    Args:
        place: directory for which the page is made.

    Raises:
        UserError: if no run is found.
    """
    left_out = LeftOut()
    results = read_results(find_runs(paths, left_out), paths, Wish(), left_out)

    def draw(stem: str, figure: Figure) -> Drawing:
        return drawing(stem, figure, as_svg(figure), figure_caption(stem, figure, results, None))

    figures = report_figures(results, results.ranks, None, seeds=False)
    if results.not_begun or (results.summary["status"] == "running").any():
        figures = (named for named in figures if named[0] not in REPLACED)
    drawings = [*drawn(figures, draw, left_out)]
    return page_text(results, drawings, results_table(results), place)


def _write_tables(
    results: Results, ranks: Ranks | None, table: PaperTable, out: Path, output: Output
) -> Iterator[Path]:
    by_result = results.by_result if output.order == "result" else results.variants
    yield from table.ordered(by_result).write(out, siunitx=output.siunitx)
    arms = dict(zip(results.summary["variant"], results.summary["arm"], strict=True))
    average = None if ranks is None else {str(name): float(rank) for name, rank in ranks.average.items()}
    order = dict.fromkeys(arms[variant] for variant in by_result)
    with names_in_force(results.print_names):
        wide = dataset_table(results.aggregate, arms, results.marks, average, [*order])
    if wide:
        yield from wide.write(out, siunitx=output.siunitx)


def _test_examples(results: Results) -> int | None:
    if results.folds:  # every fold has a different split
        return None
    datasets = [run.record.dataset for run in results.runs]
    sizes = {dataset.get("test") for dataset in datasets if dataset["fingerprint"]}
    return sizes.pop() if len(sizes) == 1 else None


def show_verdicts(console: Console, results: "Results") -> None:
    """Print the findings and the cautions."""
    for sentence in results.findings:
        say(console, sentence)
    for caution in results.cautions:
        say(console, f"note: {caution}", style="yellow")
