"""Command that frees disk space: `runner clean`."""

import argparse
import re
import shlex
from collections.abc import Sequence

from runner.cli.paths import path_argument
from runner.core.errors import UserError
from runner.core.terminal import Terminal

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_AGE = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)([smhdw])", re.ASCII)


def clean_command(arguments: Sequence[str]) -> None:
    """Show, and with `--yes` remove, files that are no longer needed in a directory of runs or sweeps.

    Raises:
        UserError: if there is no such directory, or `--keep-best` is given without `--models`.
        Stopped: with exit code 1, if something could not be removed.
    """
    chosen = _parser().parse_args(arguments)
    if chosen.keep_best and not chosen.models:
        raise UserError("--keep-best: only valid with --models, because it selects the models to keep")
    from runner.sweeps.cleaning.found import Wish
    from runner.sweeps.cleaning.view import clean

    wish = Wish(chosen.failed, chosen.models, chosen.keep_best, chosen.older_than)
    command = shlex.join(["runner", "clean", *arguments])
    clean(chosen.directory, wish, Terminal(), command=command, confirmed=chosen.yes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="runner clean",
        description="Show files that are no longer needed in a directory of runs or sweeps (temporary files of killed "
        "processes, checkpoints of finished runs, empty directories), and their size. With --yes, remove them.",
    )
    parser.add_argument(
        "directory", type=path_argument, metavar="DIR", help="directory of a run or sweep, or one that contains several"
    )
    parser.add_argument(
        "--failed", action="store_true", help="also failed runs; resuming their sweep trains them again"
    )
    parser.add_argument(
        "--models",
        action="store_true",
        help="also model.keras and inference.npz, except those from which other runs start",
    )
    parser.add_argument(
        "--keep-best", action="store_true", help="keep the model of each variant's best run on the validation set"
    )
    parser.add_argument(
        "--older-than",
        type=_age,
        metavar="AGE",
        help="only files of runs that ended more than AGE ago (90s, 30m, 12h, 30d, 4w)",
    )
    parser.add_argument("--yes", action="store_true", help="remove the files (default: only show them)")
    return parser


def _age(text: str) -> float:
    if not (found := _AGE.fullmatch(text)):
        raise argparse.ArgumentTypeError(f"{text}: must be a number with a unit, s, m, h, d or w (such as 30d)")
    return float(found[1]) * _SECONDS[found[2]]
