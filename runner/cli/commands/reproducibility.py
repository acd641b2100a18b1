"""Commands that check results by training again: `runner reproduce` and `runner verify`."""

import argparse
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from runner.cli.paths import path_argument
from runner.config.trust import TRUST, trusted_by
from runner.core.errors import UserError
from runner.core.paths import refuse_file
from runner.core.terminal import Terminal
from runner.reproducibility.compare import TOLERANCE
from runner.reproducibility.reproduce import Original, reproduce, run_of_row
from runner.reproducibility.unpack import only_run, unpacked


def reproduce_command(arguments: Sequence[str]) -> None:
    """Train a run again, and compare its results with the recorded ones.

    Raises:
        UserError: if there is no such run, it cannot be trained, or its new directory is already used.
        Stopped: if something differs beyond the tolerance, or training fails or is interrupted.
    """
    chosen = _reproduce_parser().parse_intermixed_args(arguments)
    if not chosen.tolerance >= 0 or math.isinf(chosen.tolerance):
        raise UserError(f"--tolerance {chosen.tolerance}: must be a finite number, at least 0")
    original, row = _read(chosen.directory, chosen.row, trusted_by(chosen.trusted))
    reproduce(original, chosen.out or original.new_directory(), Terminal(), tolerance=chosen.tolerance, row=row)


def _read(given: Path, number: int | None, trusted: Sequence[str]) -> tuple[Original, Mapping[str, str] | None]:
    """Read the run to reproduce, from its directory, a report's row or a bundle; also return the row."""
    if given.is_file() or (given.suffix == ".zip" and not given.is_dir()):
        with unpacked(given) as results:
            return _read(only_run(results) if number is None else results, number, trusted)
    path, row = (given, None) if number is None else run_of_row(given, number)
    return Original.read(path, trusted), row


def _reproduce_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="runner reproduce",
        usage="runner reproduce RUN_DIR | [--row N] FILE.zip | --row N REPORT_DIR\n"
        f"{'':24}[--out DIR] [--tolerance X] [{TRUST}=[...]]",
        description="Train a run again from its record, in a new directory, and compare environment and metrics.",
    )
    parser.add_argument(
        "directory",
        type=path_argument,
        metavar="DIR",
        help="a run directory or a bundle; with --row, a report's directory or a bundle",
    )
    parser.add_argument(
        "trusted", nargs="*", default=[], metavar=f"{TRUST}=[...]", help="your own packages that the run uses"
    )
    parser.add_argument(
        "--row", type=int, metavar="N", help="the run in row N (counted from 1) of the report's summary.csv"
    )
    parser.add_argument(
        "--out", type=path_argument, metavar="DIR", help="directory of the new run (default: below outputs/reproduced)"
    )
    parser.add_argument(
        "--tolerance",
        type=float,
        default=TOLERANCE,
        metavar="X",
        help=f"allowed difference of a metric (default: {TOLERANCE:g})",
    )
    return parser


def verify_command(arguments: Sequence[str]) -> None:
    """Train recipes, print whether they reach their published results, and write verify.csv.

    Raises:
        UserError: if there is no such recipe, or a recipe cannot be built.
        Stopped: with exit code 1 if a recipe fails, or 130 if training was interrupted.
    """
    chosen = _verify_parser().parse_intermixed_args(arguments)
    for name in ("seeds", "workers"):
        if getattr(chosen, name) is not None and getattr(chosen, name) < 1:
            raise UserError(f"--{name} {getattr(chosen, name)}: must be at least 1")
    if chosen.out:
        refuse_file(chosen.out)
    from runner.reproducibility.verify import verify_recipes

    verify_recipes(
        [given for given in chosen.given if "=" not in given],
        [given for given in chosen.given if "=" in given],
        quick=chosen.quick,
        seeds=chosen.seeds,
        workers=chosen.workers,
        out=chosen.out,
        command=["verify", *arguments],
    )


def _verify_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="runner verify",
        description="Train recipes and compare them with their published results.",
    )
    parser.add_argument(
        "given",
        nargs="*",
        metavar="NAME | KEY=VALUE",
        help="recipes in conf/verify.yaml (default: all); overrides for all of them",
    )
    parser.add_argument(
        "--quick", action="store_true", help="train fewer epochs, with separate tolerance bands (a few minutes)"
    )
    parser.add_argument("--seeds", type=int, metavar="N", help="seeds of every row (default: from conf/verify.yaml)")
    parser.add_argument(
        "--workers", type=int, metavar="N", help="number of runs to train at a time (default: one per core)"
    )
    parser.add_argument(
        "--out", type=path_argument, metavar="DIR", help="where to train (default: below outputs/verify)"
    )
    return parser
