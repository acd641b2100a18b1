"""Report on one run: its summary and figures, in its own directory."""

from collections.abc import Collection
from pathlib import Path

from matplotlib.figure import Figure

from runner.core.omissions import LeftOut
from runner.core.write import write_csv
from runner.records.record import RunRecord
from runner.records.run_directory import RunDirectory
from runner.reporting.figures.drawing.appearance import Look
from runner.reporting.figures.drawing.canvas import save_figure
from runner.reporting.figures.drawing.drawn_data import drawn_data
from runner.reporting.figures.drawing.files import drawn
from runner.reporting.formats import FIGURE_FORMATS, USUAL_OF_A_RUN
from runner.reporting.run_figures import run_figures
from runner.reporting.tables.csv_files import write_frame


def report_run(
    directory: RunDirectory,
    record: RunRecord,
    left_out: LeftOut,
    formats: Collection[str] = USUAL_OF_A_RUN,
    look: Look | None = None,
    *,
    figure_data: bool = False,
) -> list[Path]:
    """Write the summary (csv) and figures (png, svg, pdf) of one run; return the files written.

    Args:
        figure_data: also write a file with each figure's data.
    """
    written = []
    if "csv" in formats:
        write_csv(directory.path / "summary.csv", [record.summary()])
        written.append(directory.path / "summary.csv")
    suffixes = [suffix for suffix in FIGURE_FORMATS if suffix in formats]

    def write(name: str, figure: Figure) -> list[Path]:
        path = directory.path / name
        data = [write_frame(drawn_data(figure), path.with_name(f"{path.stem}_data.csv"))] if figure_data else []
        return [save_figure(figure, path.with_suffix(f".{suffix}")) for suffix in suffixes] + data

    if suffixes:
        for files in drawn(run_figures(directory, record, left_out), write, left_out, look):
            written += files
    return written
