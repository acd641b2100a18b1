"""Command that packs results for another person: `runner bundle`."""

import argparse
from collections.abc import Sequence

from runner.cli.paths import path_argument
from runner.config.trust import TRUST, trusted_by
from runner.core.terminal import Terminal
from runner.reproducibility.bundle import Choice, bundle


def bundle_command(arguments: Sequence[str]) -> None:
    """Write the bundle of a run or a sweep.

    Raises:
        UserError: if there is nothing to bundle, a run is in use, a file cannot be read, or the bundle exists.
    """
    chosen = _parser().parse_intermixed_args(arguments)
    choice = Choice(chosen.predictions, chosen.models, trusted_by(chosen.trusted))
    bundle(chosen.directory, chosen.out, choice, Terminal())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="runner bundle",
        usage=f"runner bundle DIR -o FILE.zip [--no-predictions] [--models]\n{'':21}[{TRUST}=[...]]",
        description="Pack a run, study, grid or search into one file, from which `runner reproduce` trains it again.",
    )
    parser.add_argument("directory", type=path_argument, metavar="DIR", help="directory of a run or sweep")
    parser.add_argument(
        "trusted", nargs="*", default=[], metavar=f"{TRUST}=[...]", help="your own packages, whose .py files are added"
    )
    parser.add_argument(
        "-o", "--out", type=path_argument, required=True, metavar="FILE.zip", help="the bundle, a new file"
    )
    parser.add_argument(
        "--predictions",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="add the predictions, which are compared bit for bit (default: add them)",
    )
    parser.add_argument("--models", action="store_true", help="add the trained models")
    return parser
