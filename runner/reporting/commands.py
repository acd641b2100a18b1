"""The commands that read finished runs: `runner report` and `runner ensemble`. Neither trains, nor needs TensorFlow."""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from runner.config.locations import refuse_file
from runner.console import Terminal, say

if TYPE_CHECKING:
    from runner.reporting.results import Results


def report_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what `runner report` is asked for; `watch`: to wait first until the runs have ended."""
    from runner.reporting.report import FORMATS, USUAL_FORMATS

    parser = _parser("report", "Write the report on finished runs again, from their records alone.")
    parser.add_argument("--out", type=_path, help="where to write (default: DIR itself; outputs/report for several)")
    parser.add_argument("--metric", help="a column of summary.csv (default: as the study says, or test_accuracy)")
    parser.add_argument("--baseline", help="the variant that the others are compared with (default: the first)")
    parser.add_argument("--by", nargs="+", default=[], metavar="KEY", help="make the variants of these keys' values")
    parser.add_argument(
        "--target", type=_target, help="of the validation metric (default: the worst end of the baseline's runs)"
    )
    parser.add_argument("--confusion", metavar="VARIANT", help="whose confusion matrix (default: the best's)")
    parser.add_argument("--seeds", action="store_true", help="draw every seed's curve as a thin line")
    parser.add_argument(
        "--format", nargs="+", choices=FORMATS, default=USUAL_FORMATS, help=f"default: {' '.join(USUAL_FORMATS)}"
    )
    parser.add_argument(
        "--watch", action="store_true", help="show the runs while they train; report when all have ended"
    )
    parser.add_argument("--interval", type=_seconds, default=2.0, metavar="SECONDS", help="of --watch (default: 2)")
    return parser.parse_args(arguments)


def report_command(chosen: argparse.Namespace) -> None:
    """Write a report, and print what it says and the files it wrote."""
    from runner.reporting.report import Output, report
    from runner.reporting.results import Wish

    directories = list(dict.fromkeys(chosen.directories))
    out = chosen.out or (directories[0] if len(directories) == 1 else Path("outputs/report"))
    wish = Wish(chosen.metric, chosen.baseline, chosen.by, chosen.target)
    done = report(directories, out, wish, Output(chosen.format, chosen.seeds, chosen.confusion))
    if done.results:
        show_verdicts(Terminal(), done.results)
    _print_paths(done.written)


def show_verdicts(console: Console, results: "Results") -> None:
    """Print a sentence a variant, and what to know before trusting them."""
    for sentence in results.verdicts.values():
        say(console, sentence)
    for caution in results.cautions:
        say(console, f"note: {caution}", style="yellow")


def ensemble_command(arguments: Sequence[str]) -> None:
    """Print what the average of several runs' predictions gains; write it as a table and a figure if asked to."""
    parser = _parser("ensemble", "Average the predictions of completed runs, and show what that gains.")
    parser.add_argument("--out", type=_path, help="a directory for tables and figures, also by size (default: none)")
    chosen = parser.parse_args(arguments)
    if chosen.out:
        refuse_file(chosen.out)

    from runner.reporting.canvas import save_figure
    from runner.reporting.ensemble import ensemble_frame, read_members, size_frame
    from runner.reporting.ensemble_views import ensemble_figure, ensemble_table, gain_text, size_figure
    from runner.reporting.frames import write_frame

    members = read_members(chosen.directories)
    frame = ensemble_frame(members)
    title = f"ensemble of {len(members)} runs on {members[0].run.record.dataset['name']}"
    console = Terminal()
    console.print(ensemble_table(frame, title))
    console.print(gain_text(frame))
    if chosen.out:
        chosen.out.mkdir(parents=True, exist_ok=True)
        sizes = size_frame(members)
        written = [
            write_frame(frame, chosen.out / "ensemble.csv"),
            write_frame(sizes, chosen.out / "ensemble_size.csv"),
            save_figure(ensemble_figure(frame, title), chosen.out / "ensemble.png"),
            save_figure(size_figure(sizes, title), chosen.out / "ensemble_size.png"),
        ]
        _print_paths(written)


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
