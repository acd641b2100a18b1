"""Where `conf/` is, and what a path of the configuration means."""

import os
from pathlib import Path


def conf_directory() -> Path:
    """Return the directory of the option files: inside the package once installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "conf"
    return installed if installed.is_dir() else package.parent / "conf"


def user_path(path: str | Path) -> Path:
    """Return a path with ~ written out, as far as there is such a user."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path.expanduser() raises for a user that there is not
