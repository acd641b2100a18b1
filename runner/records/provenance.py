"""Provenance of a run: code state and package versions."""

import hashlib
import json
import platform
import subprocess
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

_PACKAGES = ("runner", "tensorflow", "keras", "numpy", "hydra-core", "omegaconf", "pandas", "scikit-learn")


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that can change a result."""
    return {"python": platform.python_version(), **{package: version(package) for package in _PACKAGES}}


@cache
def code_state() -> dict[str, Any]:
    """Return the checkout's commit and whether it has changes; empty without a checkout."""
    package = Path(__file__).resolve().parent
    try:
        tracked = _git(package, "ls-files", "--error-unmatch", Path(__file__).name)
        commit = _git(package, "rev-parse", "HEAD") if tracked else ""
        return {"commit": commit, "dirty": bool(_git(package, "status", "--porcelain", "-uno"))} if commit else {}
    except (OSError, subprocess.SubprocessError):
        return {}


def code_hash() -> str:
    """Return 8 hexadecimal digits that identify this program's code, committed or not, and the package versions."""
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256(json.dumps(versions()).encode())
    for path in sorted(package.rglob("*.py")):
        digest.update(f"\n{path.relative_to(package).as_posix()}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:8]


def _git(directory: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=directory, capture_output=True, text=True, timeout=10, check=True)
    return done.stdout.strip()
