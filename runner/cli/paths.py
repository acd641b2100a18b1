"""Paths on the command line."""

import argparse
from pathlib import Path

USUAL_PLACE = Path("outputs")


def path_argument(text: str) -> Path:
    """Return a path given by the user.

    Raises:
        ArgumentTypeError: if it is empty; Path would interpret it as the current directory.
    """
    if not text.strip():
        raise argparse.ArgumentTypeError("a path is empty; is a shell variable unset?")
    return Path(text)
