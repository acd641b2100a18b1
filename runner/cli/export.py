"""Command that writes finished runs for other programs: `runner export`."""

import argparse
from collections.abc import Callable, Mapping, Sequence

from rich.console import Console

from runner.cli.export_model import MODEL_FILES, export_model
from runner.cli.paths import path_argument
from runner.core.terminal import Terminal

TARGETS: Mapping[str, Callable[[argparse.Namespace, Console], None]] = dict.fromkeys(MODEL_FILES, export_model)


def export_command(arguments: Sequence[str]) -> None:
    """Write finished runs for another program.

    Raises:
        UserError: if there is no finished run, or the target's package is not installed.
        EnvironmentFault: if the target cannot be written.
    """
    chosen = _parser().parse_args(arguments)
    TARGETS[chosen.target](chosen, Terminal())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="runner export",
        description="Write the networks of finished runs for other programs. They take raw examples (bytes of images, "
        "columns of a table) and contain the preprocessing and the names of the classes.",
    )
    parser.add_argument("target", choices=[*TARGETS], metavar="TARGET", help=f"one of {', '.join(TARGETS)}")
    parser.add_argument("directories", nargs="+", type=path_argument, metavar="DIR", help="directories of runs")
    parser.add_argument(
        "--out", type=path_argument, metavar="PLACE",
        help="file or directory to write (default: in the run's directory)",
    )  # fmt: skip
    return parser
