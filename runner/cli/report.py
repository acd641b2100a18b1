"""Commands that read finished runs: `runner report` and `runner ensemble`."""

import argparse
import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from runner.core.errors import UserError
from runner.core.paths import refuse_file
from runner.core.terminal import Terminal
from runner.core.text import counted
from runner.reporting.collect import existing, not_begun, refuse_no_runs, run_directories
from runner.reporting.groups import Group, groups_of
from runner.reporting.omissions import LeftOut
from runner.reporting.output import FORMATS, USUAL_FORMATS, USUAL_OF_A_RUN, Output

_OF_VARIANTS = ("metric", "baseline", "by", "target", "confusion", "seeds")  # what is asked of a comparison
_USUAL_OUT = Path("outputs/report")


def report_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what `runner report` is asked for; `watch`: to wait first until the runs have ended."""
    parser = _parser("report", "Write the report on finished runs again, from their records alone.")
    parser.add_argument("--out", type=_path, help="where to write (default: each sweep's directory; outputs/report)")
    parser.add_argument("--together", action="store_true", help="one report on all runs, also of several sweeps")
    parser.add_argument("--metric", help="a column of summary.csv (default: as the study says, or test_accuracy)")
    parser.add_argument("--baseline", help="the variant that the others are compared with (default: the first)")
    parser.add_argument("--by", nargs="+", default=[], metavar="KEY", help="make the variants of these keys' values")
    parser.add_argument(
        "--target", type=_target, help="of the validation metric (default: the worst end of the baseline's runs)"
    )
    parser.add_argument("--confusion", metavar="VARIANT", help="whose confusion matrix (default: the best's)")
    parser.add_argument("--seeds", action="store_true", help="draw every seed's curve as a thin line")
    parser.add_argument(
        "--format", nargs="+", choices=FORMATS, metavar="FORMAT",
        help=f"of {' '.join(FORMATS)} (default: {' '.join(USUAL_FORMATS)}; of one run {' '.join(USUAL_OF_A_RUN)})",
    )  # fmt: skip
    parser.add_argument(
        "--watch", action="store_true", help="show the runs while they train; report when all have ended"
    )
    parser.add_argument("--interval", type=_seconds, default=2.0, metavar="SECONDS", help="of --watch (default: 2)")
    return parser.parse_args(arguments)


def report_command(chosen: argparse.Namespace) -> None:
    """Write a report a sweep, or one on all runs together, and print what each says and the files it wrote.

    Raises:
        UserError: at the end, if one of several reports cannot be written, with its directory.
    """
    directories = list(dict.fromkeys(chosen.directories))
    refuse_no_runs(directories)  # before what takes seconds is imported
    groups = [] if chosen.together else groups_of(directories)
    if not chosen.together:  # else the report itself counts them
        _name_planned(directories)
    if len(groups) == 1 and groups[0].sweep and groups[0].own_place:  # also where a folder above it is asked for
        _report(chosen, groups[0].paths, chosen.out or groups[0].own_place)
        return
    if len(groups) < 2:
        out = chosen.out or (directories[0] if len(directories) == 1 else _USUAL_OUT)
        _report(chosen, directories, out)
        return
    wrong = []
    for group, name in zip(groups, _names(groups), strict=True):
        out = chosen.out / name if chosen.out else group.own_place or _USUAL_OUT / name
        Terminal().print(f"{group.sweep or 'runs of no sweep'}:", soft_wrap=True, style="bold")
        try:
            _report(chosen, group.paths, out)
        except UserError as error:
            wrong.append(f"{out}: {error}")
    written = f"{len(groups) - len(wrong)} of {len(groups)} reports written" if wrong else f"{len(groups)} reports"
    each = "one a sweep" + ("" if all(group.sweep for group in groups) else ", one on the runs of no sweep")
    Terminal().print(f"{written}: {each}; --together makes one of all their runs", soft_wrap=True)
    if wrong:
        raise UserError("\n".join(wrong))


def _name_planned(directories: Sequence[Path]) -> None:
    """Name the sweeps of which no run has begun: they have no report."""
    for directory in existing(directories):
        if next(run_directories([directory]), None) is None and (planned := not_begun(directory, LeftOut())):
            said = f"note: {directory}: nothing to report yet: {counted(planned, 'planned run')}"
            Terminal().print(said, soft_wrap=True, style="yellow")


def _report(chosen: argparse.Namespace, directories: Sequence[Path], out: Path) -> None:
    from runner.reporting.report import report, show_verdicts
    from runner.reporting.results import Wish

    wish = Wish(chosen.metric, chosen.baseline, chosen.by, chosen.target)
    done = report(directories, out, wish, Output(chosen.format, chosen.seeds, chosen.confusion))
    if done.results:
        show_verdicts(Terminal(), done.results)
    elif idle := [f"--{name}" for name in _OF_VARIANTS if getattr(chosen, name)]:
        Terminal().print(f"note: {', '.join(idle)}: without effect on one run", soft_wrap=True, style="yellow")
    _print_paths(done.written)


def _names(groups: Sequence[Group]) -> list[str]:
    """Return a name for each group's report: its sweep's, with its place where two have the same."""
    names = [group.sweep.resolve().name if group.sweep else "runs" for group in groups]
    return [f"{name}_{number}" if names.count(name) > 1 else name for number, name in enumerate(names, start=1)]


def ensemble_command(arguments: Sequence[str]) -> None:
    """Print what the average of several runs' predictions gains; write it as a table and a figure if asked to."""
    parser = _parser("ensemble", "Average the predictions of completed runs, and show what that gains.")
    parser.add_argument("--out", type=_path, help="a directory for tables and figures, also by size (default: none)")
    chosen = parser.parse_args(arguments)
    if chosen.out:
        refuse_file(chosen.out)
    refuse_no_runs(chosen.directories)

    from runner.reporting.ensemble import ensemble_frame, read_members, size_frame
    from runner.reporting.figures.files import write_figures
    from runner.reporting.figures.of_ensemble import ensemble_figure, ensemble_table, gain_text, size_figure
    from runner.reporting.tables.frames import write_frame

    members = read_members(chosen.directories)
    frame = ensemble_frame(members)
    title = f"ensemble of {len(members)} runs on {members[0].run.record.dataset['name']}"
    console = Terminal()
    console.print(ensemble_table(frame, title))
    console.print(gain_text(frame))
    if chosen.out:
        chosen.out.mkdir(parents=True, exist_ok=True)
        sizes = size_frame(members)
        tables = [
            write_frame(frame, chosen.out / "ensemble.csv"),
            write_frame(sizes, chosen.out / "ensemble_size.csv"),
        ]
        figures = [
            ("ensemble.png", partial(ensemble_figure, frame, title)),
            ("ensemble_size.png", partial(size_figure, sizes, title)),
        ]
        _print_paths(tables + write_figures(chosen.out, figures, LeftOut()))


def _parser(command: str, description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"runner {command}", description=description)
    parser.add_argument("directories", nargs="+", type=_path, metavar="DIR", help="run or sweep directories, or a mix")
    return parser


def _path(text: str) -> Path:
    if not text.strip():  # for Path it is the current directory
        raise argparse.ArgumentTypeError("a path is empty; is a variable not set?")
    return Path(text)


def _seconds(text: str) -> float:
    if not 0 < (seconds := _number(text)) < math.inf:
        raise argparse.ArgumentTypeError(f"{text}: must be a number of seconds above 0")
    return seconds


def _target(text: str) -> float:
    if not 0 <= (target := _number(text)) < math.inf:
        raise argparse.ArgumentTypeError(f"{text}: must be a number at least 0")
    return target


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _print_paths(paths: Sequence[Path]) -> None:
    for path in paths:
        Terminal(soft_wrap=True).print(str(path))
