"""Reports on the directories of a command: one for each sweep, one on all runs, or one on their ensemble."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from runner.core.errors import UserError
from runner.core.omissions import LeftOut
from runner.core.text import counted
from runner.reporting.collection.collect import existing, not_begun, run_directories
from runner.reporting.collection.groups import Group, groups_of
from runner.reporting.ensemble import ensemble_frame, read_members, size_frame
from runner.reporting.figures.drawing.files import write_figures
from runner.reporting.figures.of_ensemble import ensemble_figure, ensemble_table, gain_text, size_figure
from runner.reporting.formats import Output
from runner.reporting.report import report, show_verdicts
from runner.reporting.result_reader import Wish
from runner.reporting.tables.csv_files import write_frame

_USUAL_OUT = Path("outputs/report")


@dataclass(frozen=True)
class Reports:
    """The reports of a command.

    Args:
        out: output directory; None: each sweep's directory, or outputs/report.
        of_variants: the given flags that have no effect on a report of a single run.
        of_comparisons: the given flags that have no effect on a report without comparisons.
    """

    wish: Wish
    output: Output
    out: Path | None
    of_variants: Sequence[str]
    of_comparisons: Sequence[str]
    console: Console

    def write_together(self, directories: Sequence[Path]) -> None:
        """Write one report on all runs, and print its verdicts and the written files."""
        self._write(directories, self.out or (directories[0] if len(directories) == 1 else _USUAL_OUT))

    def write_apart(self, directories: Sequence[Path]) -> None:
        """Write a report for each sweep, and one on the runs outside sweeps.

        Raises:
            UserError: if one of several reports cannot be written, after writing the others; the message names its
                directory.
        """
        groups = groups_of(directories)
        self._name_planned(directories)
        if len(groups) == 1 and groups[0].sweep and groups[0].own_place:  # even if a parent folder is given
            self._write(groups[0].paths, self.out or groups[0].own_place)
            return
        if len(groups) < 2:
            self.write_together(directories)
            return
        wrong = []
        for group, name in zip(groups, _names(groups), strict=True):
            out = self.out / name if self.out else group.own_place or _USUAL_OUT / name
            self.console.print(f"{group.sweep or 'runs outside sweeps'}:", soft_wrap=True, style="bold")
            try:
                self._write(group.paths, out)
            except UserError as error:
                wrong.append(f"{out}: {error}")
        written = f"{len(groups) - len(wrong)} of {len(groups)} reports written" if wrong else f"{len(groups)} reports"
        outside = "" if all(group.sweep for group in groups) else ", one for the runs outside sweeps"
        self.console.print(
            f"{written}: one for each sweep{outside}; --together writes a single one on all runs", soft_wrap=True
        )
        if wrong:
            raise UserError("\n".join(wrong))

    def _name_planned(self, directories: Sequence[Path]) -> None:
        """Print a note on the sweeps in which no run has started, for which no report is written."""
        for directory in existing(directories):
            if next(run_directories([directory]), None) is None and (planned := not_begun(directory, LeftOut())):
                said = f"note: {directory}: nothing to report yet: {counted(planned, 'planned run')}"
                self.console.print(said, soft_wrap=True, style="yellow")

    def _write(self, directories: Sequence[Path], out: Path) -> None:
        done = report(directories, out, self.wish, self.output)
        if done.results:
            show_verdicts(self.console, done.results)
            if not len(done.results.comparisons):
                self._name_idle(self.of_comparisons, "a report without comparisons")
        else:
            self._name_idle(self.of_variants, "a report of a single run")
        _print_paths(done.written, self.console)

    def _name_idle(self, flags: Sequence[str], report: str) -> None:
        """Print a note on flags that have no effect."""
        if flags:
            self.console.print(f"note: {', '.join(flags)}: no effect on {report}", soft_wrap=True, style="yellow")


def _names(groups: Sequence[Group]) -> list[str]:
    """Return a name for each group's report: its sweep's name, with a number if two names are equal."""
    names = [group.sweep.resolve().name if group.sweep else "runs" for group in groups]
    return [f"{name}_{number}" if names.count(name) > 1 else name for number, name in enumerate(names, start=1)]


def report_ensemble(directories: Sequence[Path], out: Path | None, console: Console) -> None:
    """Print the gain from averaging the runs' predictions.

    Args:
        out: a directory for tables and figures; None: nothing is written.
    """
    members = read_members(directories)
    frame = ensemble_frame(members)
    title = f"ensemble of {len(members)} runs on {members[0].run.record.dataset['name']}"
    console.print(ensemble_table(frame, title))
    console.print(gain_text(frame))
    if out is None:
        return
    out.mkdir(parents=True, exist_ok=True)
    sizes = size_frame(members)
    tables = [write_frame(frame, out / "ensemble.csv"), write_frame(sizes, out / "ensemble_size.csv")]
    figures = [
        ("ensemble.png", partial(ensemble_figure, frame, title)),
        ("ensemble_size.png", partial(size_figure, sizes, title)),
    ]
    _print_paths(tables + write_figures(out, figures, LeftOut()), console)


def _print_paths(paths: Sequence[Path], console: Console) -> None:
    for path in paths:
        console.print(str(path), soft_wrap=True)
