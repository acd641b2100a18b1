"""The commands that read finished runs: `runner report` and `runner ensemble`. Neither trains, nor needs TensorFlow."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console


def report_command(arguments: Sequence[str]) -> None:
    """Write a report, and print the files it wrote."""
    parser = _parser("report", "Write the report on finished runs again, from their records alone.")
    parser.add_argument("--out", type=Path, help="where to write (default: DIR itself; outputs/report for several)")
    parser.add_argument("--metric", default="test_accuracy", help="a column of summary.csv (default: test_accuracy)")
    parser.add_argument("--baseline", help="the variant that the others are compared with (default: the first)")
    chosen = parser.parse_args(arguments)
    directories = list(dict.fromkeys(chosen.directories))
    out = chosen.out or (directories[0] if len(directories) == 1 else Path("outputs/report"))

    from runner.reporting.report import report

    _print_paths(report(directories, out, chosen.metric, chosen.baseline))


def ensemble_command(arguments: Sequence[str]) -> None:
    """Print what the average of several runs' predictions gains; write it as a table and a figure if asked to."""
    parser = _parser("ensemble", "Average the predictions of completed runs, and show what that gains.")
    parser.add_argument("--out", type=Path, help="a directory for ensemble.csv and ensemble.png (default: none)")
    chosen = parser.parse_args(arguments)

    from runner.records.atomic import whole_file
    from runner.reporting.canvas import save_figure
    from runner.reporting.ensemble import ensemble_frame, read_members
    from runner.reporting.ensemble_views import ensemble_figure, ensemble_table, gain_text

    members = read_members(chosen.directories)
    frame = ensemble_frame(members)
    title = f"ensemble of {len(members)} runs on {members[0].run.record.dataset['name']}"
    console = Console(markup=False, highlight=False)
    console.print(ensemble_table(frame, title))
    console.print(gain_text(frame))
    if chosen.out:
        chosen.out.mkdir(parents=True, exist_ok=True)
        with whole_file(chosen.out / "ensemble.csv") as temporary:
            frame.to_csv(temporary, index=False)
        figure = save_figure(ensemble_figure(frame, title), chosen.out / "ensemble.png")
        _print_paths([chosen.out / "ensemble.csv", figure])


def _parser(command: str, description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"runner {command}", description=description)
    parser.add_argument("directories", nargs="+", type=Path, metavar="DIR", help="run or sweep directories, or a mix")
    return parser


def _print_paths(paths: Sequence[Path]) -> None:
    for path in paths:
        Console(markup=False, soft_wrap=True).print(str(path), highlight=False)
