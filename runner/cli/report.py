"""Commands that read finished runs: `runner report` and `runner ensemble`."""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

from runner.core.paths import refuse_file
from runner.core.terminal import Terminal
from runner.reporting.collect import refuse_no_runs
from runner.reporting.output import FORMATS, USUAL_FORMATS, USUAL_OF_A_RUN, Output

_OF_VARIANTS = ("metric", "baseline", "by", "target", "confusion", "seeds")  # what is asked of a comparison


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
    from runner.reporting.reports import Reports
    from runner.reporting.results import Wish

    reports = Reports(
        wish=Wish(chosen.metric, chosen.baseline, chosen.by, chosen.target),
        output=Output(chosen.format, chosen.seeds, chosen.confusion),
        out=chosen.out,
        of_variants=[f"--{name}" for name in _OF_VARIANTS if getattr(chosen, name)],
        console=Terminal(),
    )
    if chosen.together:
        reports.write_together(directories)
    else:
        reports.write_apart(directories)


def ensemble_command(arguments: Sequence[str]) -> None:
    """Print what the average of several runs' predictions gains; write it as a table and a figure if asked to."""
    parser = _parser("ensemble", "Average the predictions of completed runs, and show what that gains.")
    parser.add_argument("--out", type=_path, help="a directory for tables and figures, also by size (default: none)")
    chosen = parser.parse_args(arguments)
    if chosen.out:
        refuse_file(chosen.out)
    refuse_no_runs(chosen.directories)
    from runner.reporting.reports import report_ensemble

    report_ensemble(chosen.directories, chosen.out, Terminal())


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
