"""Where `conf/` is."""

from pathlib import Path


def conf_directory() -> Path:
    """Return the directory of the option files: inside the package once installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "conf"
    return installed if installed.is_dir() else package.parent / "conf"
