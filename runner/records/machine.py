"""Description of the machine: processor, cores, memory and operating system."""

import os
import platform
import subprocess
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import psutil

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
