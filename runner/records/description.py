"""Description of a run for trackers: its parameters, tags, files and key."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner.config.identity import EMPTY, entries, is_volatile
from runner.records.record import RunRecord
from runner.records.sweep_directory import is_sweep_directory

_FILES = ("*.csv", "*.json", "*.md", "*.png", "*.yaml", "index.html", "run.log")


def parameters(record: RunRecord, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the option of each group, and the value of each key of the configuration that can change the result.

    Args:
        config: resolved, as plain dictionaries and lists.
    """
    # Keys such as _target_ are Hydra's.
    keys = {key: value for key, value in entries(config) if value not in EMPTY and "._" not in f".{key}"}
    return {key: value for key, value in (record.choices | keys).items() if not is_volatile(key)}


def tags(record: RunRecord, directory: Path) -> dict[str, str]:
    """Return the facts for finding and grouping runs, as text; a run outside a sweep has no study."""
    known = {
        "variant": record.variant,
        "seed": str(record.seed),
        "study": study_of(directory),
        "run_id": record.run_id,
        "name": record.name,
        "status": record.status,
        "dataset": str(record.dataset["name"]),
        "fingerprint": record.dataset["fingerprint"],
        "commit": str(record.code.get("commit", "")),
        "directory": str(directory.resolve()),
    }
    return {name: value for name, value in known.items() if value}


def study_of(directory: Path) -> str:
    """Return the name of the study or sweep that a run belongs to; "" for a run outside sweeps."""
    sweep = directory.resolve().parent
    return sweep.name if is_sweep_directory(sweep) else ""


def digest(*parts: str) -> str:
    """Return hexadecimal digits that identify a run or a group of runs for a tracker."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def text_files(directory: Path) -> list[Path]:
    """Return the tables, figures, texts and settings of a run or a report, sorted; links are not followed."""
    found = {path for pattern in _FILES for path in directory.glob(pattern)}
    return sorted(path for path in found if path.is_file() and not path.is_symlink() and path.name[0] != ".")
