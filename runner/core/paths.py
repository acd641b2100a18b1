"""Locations of `conf/` and resolution of paths given by a user."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner.core.errors import UserError

_PATHS = (
    *(("dataset", key) for key in ("path", "test_path", "validation_path", "root")),
    ("model", "init_from"),
)


def conf_directory() -> Path:
    """Return the directory of the option files: inside an installed package, next to the package in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "conf"
    return installed if installed.is_dir() else package.parent / "conf"


def shown(path: Path) -> str:
    """Return a path for display: relative if it is below the current directory."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def user_path(path: str | os.PathLike[str]) -> Path:
    """Return a path with ~ expanded, unless it names an unknown user."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path.expanduser() raises for an unknown user


def refuse_file(out: Path) -> None:
    """Raise UserError if a command's `--out` exists and is not a directory."""
    if out.exists() and not out.is_dir():
        raise UserError(f"--out {out}: not a directory")


def refuse_no_directory(path: Path) -> None:
    """Raise UserError if a path that a command reads is not an existing directory."""
    if not path.is_dir():
        raise UserError(f"{path}: no such directory")


def working_directory(config: Mapping[str, Any]) -> str | None:
    """Return the current directory if a resolved configuration has a path relative to it, else None."""
    return str(Path.cwd()) if _relative_paths(config) else None


def located(config: dict[str, Any], base: str | None) -> dict[str, Any]:
    """Return a resolved configuration with its relative paths made absolute.

    A path stays as typed if its base is the current directory, or if nothing exists there: the run may come from
    another machine.

    Args:
        base: the directory that the paths are relative to; None if unknown.
    """
    if base is None or Path(base) == Path.cwd():
        return config
    found = dict(config)
    for group, key, path in _relative_paths(config):
        if (there := Path(base) / path).exists():
            found[group] = found[group] | {key: str(there)}
    return found


def given_paths(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the paths that a resolved configuration names, as typed, by their keys: `dataset.path`."""
    return {f"{group}.{key}": value for group, key, value in _given(config)}


def _relative_paths(config: Mapping[str, Any]) -> list[tuple[str, str, Path]]:
    paths = [(group, key, user_path(value)) for group, key, value in _given(config)]
    return [(group, key, path) for group, key, path in paths if not path.is_absolute()]


def _given(config: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    chosen = {group: config.get(group) for group, _ in _PATHS}
    values = [(group, key, own.get(key)) for group, key in _PATHS if isinstance(own := chosen[group], Mapping)]
    return [(group, key, value) for group, key, value in values if isinstance(value, str) and value]
