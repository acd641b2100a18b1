"""Where `conf/` is, and what a path means."""

import os
from pathlib import Path

from runner.config.errors import UserError


def conf_directory() -> Path:
    """Return the directory of the option files: inside the package once installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "conf"
    return installed if installed.is_dir() else package.parent / "conf"


def user_path(path: str | Path) -> Path:
    """Return a path with ~ written out, as far as there is such a user."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path.expanduser() raises for a user that there is not


def refuse_file(out: Path) -> None:
    """Raise UserError if a command's `--out` is there, and no directory."""
    if out.exists() and not out.is_dir():
        raise UserError(f"--out {out}: not a directory")
