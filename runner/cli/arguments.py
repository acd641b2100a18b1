"""Arguments that several commands share: the parser of directories, and types with clear errors."""

import argparse
import math
from typing import Literal

from runner.cli.paths import path_argument


def directories_parser(command: str, description: str, *, at_least: Literal["*", "+"] = "+") -> argparse.ArgumentParser:
    """Return the argument parser for a command that takes directories of runs or sweeps.

    Args:
        at_least: + if a directory is required, otherwise *.
    """
    parser = argparse.ArgumentParser(prog=f"runner {command}", description=description)
    parser.add_argument(
        "directories", nargs=at_least, type=path_argument, metavar="DIR", help="directories of runs or sweeps"
    )
    return parser


def at_least_zero(text: str) -> float:
    """Parse a finite number of at least 0.

    Raises:
        ArgumentTypeError: if the text is not such a number.
    """
    if not 0 <= (value := number(text)) < math.inf:
        raise argparse.ArgumentTypeError(f"{text}: must be a number of at least 0")
    return value


def above_zero(text: str) -> float:
    """Parse a finite number above 0.

    Raises:
        ArgumentTypeError: if the text is not such a number.
    """
    if not 0 < (value := number(text)) < math.inf:
        raise argparse.ArgumentTypeError(f"{text}: must be a number above 0")
    return value


def number(text: str) -> float:
    """Parse a number; NaN if the text is not a number."""
    try:
        return float(text)
    except ValueError:
        return math.nan
