"""Provenance of a run: code, versions and machine."""

import hashlib
import json
import os
import platform
import subprocess
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

_PACKAGES = ("runner", "tensorflow", "keras", "numpy", "hydra-core", "omegaconf", "pandas", "scikit-learn")


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that can change a result."""
    return {"python": platform.python_version(), **{package: version(package) for package in _PACKAGES}}


@cache
def code_state() -> dict[str, Any]:
    """Return the checkout's commit and whether it has changes; empty without a checkout."""
    package = Path(__file__).resolve().parent
    try:
        tracked = git_output(package, "ls-files", "--error-unmatch", Path(__file__).name)
        commit = git_output(package, "rev-parse", "HEAD").decode().strip() if tracked else ""
        dirty = bool(commit) and bool(git_output(package, "status", "--porcelain", "-uno"))
        return {"commit": commit, "dirty": dirty} if commit else {}
    except (OSError, subprocess.SubprocessError):
        return {}


def code_hash() -> str:
    """Return 8 hexadecimal digits that identify this program's code, committed or not, and the package versions."""
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256(json.dumps(versions()).encode())
    for path in sorted(package.rglob("*.py")):
        digest.update(f"\n{path.relative_to(package).as_posix()}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:8]


def git_output(directory: Path, *arguments: str) -> bytes:
    """Return what a Git command prints; raise OSError or SubprocessError if it fails."""
    done = subprocess.run(["git", *arguments], cwd=directory, capture_output=True, timeout=10, check=True)
    return done.stdout


_CPU_INFO = Path("/proc/cpuinfo")
_LONGEST = 200  # characters


@cache
def machine() -> dict[str, Any]:
    """Return the processor's model, the usable cores, the memory in GB, and the operating system."""
    return {
        "processor": processor()[:_LONGEST],
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": operating_system()[:_LONGEST],
    }


def processor() -> str:
    """Return the processor's model, or its architecture if the system does not report the model."""
    with suppress(OSError, subprocess.SubprocessError):
        if platform.system() == "Darwin":
            asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
            return subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
        for line in _CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name" and value.strip():
                return " ".join(value.split())
    return platform.processor() or platform.machine()


def operating_system() -> str:
    """Return the operating system and its version; for Linux, the distribution and the kernel."""
    kernel = f"{platform.system()} {platform.release()}"
    if platform.system() == "Darwin":
        return f"macOS {platform.mac_ver()[0]}"
    with suppress(OSError):
        return f"{platform.freedesktop_os_release()['PRETTY_NAME']}, {kernel}"
    return kernel
