"""Command that finds runs: `runner list`."""

import argparse
from collections.abc import Sequence

from runner.cli.paths import USUAL_PLACE, path_argument
from runner.core.omissions import LeftOut
from runner.core.terminal import Terminal
from runner.core.text import counted
from runner.reporting.collection.collect import find_runs
from runner.reporting.collection.labels import Values
from runner.reporting.collection.run_list import FORMATS, RunList, csv_list, json_list, show_table


def list_command(arguments: Sequence[str]) -> None:
    """Print the runs in and below directories: filtered, sorted, as a table, CSV or JSON."""
    chosen = _parser().parse_args(arguments)
    left_out = LeftOut()
    runs = find_runs(dict.fromkeys(chosen.directories), left_out)
    found = RunList.of(runs, Values(left_out), chosen.where, chosen.sort, descending=chosen.descending)
    terminal = Terminal()
    if chosen.format != "table":
        write = csv_list if chosen.format == "csv" else json_list
        terminal.print(write(found.values(chosen.columns or found.every)), end="", soft_wrap=True)
    elif found.order:
        show_table(terminal, found.values(chosen.columns or found.usual))
    else:
        terminal.print(f"none of {counted(len(runs), 'run')} meets the condition")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="runner list", description="List the runs in and below directories.")
    parser.add_argument(
        "directories", nargs="*", type=path_argument, default=[USUAL_PLACE], metavar="DIR",
        help=f"directories of runs or sweeps (default: {USUAL_PLACE})",
    )  # fmt: skip
    parser.add_argument(
        "--where", action="append", default=[], metavar="EXPR",
        help="list only runs that meet a condition: 'optimizer = adam and test_accuracy > 0.98' (operators: < <= > >= "
        "= !=); if repeated, all conditions must hold",
    )  # fmt: skip
    parser.add_argument("--sort", metavar="KEY", help="sort by a column or key, smallest first (default: newest first)")
    parser.add_argument("--descending", action="store_true", help="with --sort: largest first")
    parser.add_argument(
        "--columns", nargs="+", action="extend", metavar="KEY",
        help="columns of summary.csv, started, directory, or keys of the configuration (default: a few in a table, "
        "all in csv and json)",
    )  # fmt: skip
    parser.add_argument("--format", choices=FORMATS, default="table", help="default: table")
    return parser
