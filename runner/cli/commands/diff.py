"""Command that compares recorded runs: `runner diff`."""

import argparse
import json
from collections.abc import Sequence

from runner.cli.paths import path_argument
from runner.core.omissions import LeftOut
from runner.core.terminal import Terminal, say
from runner.reproducibility.differences import as_json, compared_parts, difference_tables, differences, read_recorded


def diff_command(arguments: Sequence[str]) -> None:
    """Print the differences between runs, with a column for each run.

    Raises:
        UserError: if there are fewer than two directories, or one is not a run or cannot be read.
    """
    chosen = _parser().parse_args(arguments)
    console = Terminal()
    runs = read_recorded(chosen.runs, LeftOut())
    found = differences(runs)
    if chosen.format == "json":
        console.print(json.dumps(as_json(found, runs), indent=2), soft_wrap=True)
        return
    for number, run in enumerate(runs, start=1):
        console.print(f"{number}  {run.path}", soft_wrap=True)
    if not found:
        say(console, f"no difference in {', '.join(compared_parts(runs))}")
        return
    for table in difference_tables(found, len(runs), console.width):
        console.print(table)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="runner diff",
        description="Show the differences between runs: configuration, versions, code, data, device and metrics.",
    )
    parser.add_argument(
        "runs", nargs="+", type=path_argument, metavar="RUN", help="directories of two or more runs, such as SWEEP/*"
    )
    parser.add_argument("--format", choices=("table", "json"), default="table", help="format of the output")
    return parser
