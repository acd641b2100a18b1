"""Runs of `make gpu`: each in its own process on the first visible GPU, with its time, memory and exact results."""

import csv
import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

SAMPLE = 0.2  # seconds between two measurements of the memory
PATIENCE = 1800  # seconds for a command


class Command(Protocol):
    """A `runner` process that runs while the caller continues."""

    def is_alive(self) -> bool: ...
    def said(self) -> tuple[str, str]: ...
    def send_signal(self, number: int) -> None: ...
    def wait(self, timeout: float) -> int | None: ...


Start = Callable[..., Command]  # start("optimizer=sgd", cwd=folder)


class Failed(Exception):
    """A step that did not end as expected."""


@dataclass(frozen=True)
class Trained:
    """A finished run: median seconds of its epochs except the first (it compiles); accuracy; hash of its results."""

    seconds: float
    accuracy: float
    bits: str
    memory: int | None = None  # peak MB in use on the GPU by all processes

    @classmethod
    def read(cls, run: Path, memory: int | None = None) -> "Trained":
        with (run / "history.csv").open() as stream:
            rows = list(csv.DictReader(stream))
        seconds = statistics.median([float(row.pop("seconds")) for row in rows][1:])
        digest = hashlib.sha256(repr(rows).encode())
        with np.load(run / "predictions.npz", allow_pickle=False) as arrays:
            for name in sorted(arrays):
                digest.update(arrays[name].tobytes())
        return cls(seconds, float(rows[-1]["val_accuracy"]), digest.hexdigest(), memory)


@dataclass
class Lab:
    """The tools of all steps, and the runs that several steps need."""

    folder: Path
    start: Start
    device: str
    common: Sequence[str]  # overrides of every command
    epochs: int
    seeds: int
    known: dict[str, Trained] = field(default_factory=dict)

    def cpu(self, network: str) -> Trained:
        """Return the run of a network on the CPU of this machine."""
        return self.run(f"{network}-cpu", f"model={network}", device="cpu")

    def alone(self, network: str) -> Trained:
        """Return the run of a network on the device, with the device's defaults."""
        return self.run(network, f"model={network}")

    def run(self, name: str, *overrides: str, device: str | None = None, times: int = 1) -> Trained:
        """Train a run to its end, once.

        Args:
            times: factor by which the usual number of epochs is multiplied.
        """
        if name not in self.known:
            with memory_watched(self.device) as most:
                self.ended(self.begin(name, *overrides, device=device, times=times))
            self.known[name] = Trained.read(self.folder / name, most())
        return self.known[name]

    def begin(self, name: str, *overrides: str, device: str | None = None, times: int = 1) -> Command:
        """Start a run."""
        where = (f"device={device or self.device}", f"hydra.run.dir={name}")
        length = f"training.epochs={times * self.epochs}"
        return self.start(*where, length, *self.common, *overrides, cwd=self.folder)

    def sweep(self, name: str, workers: int, *overrides: str, seeds: int | None = None) -> tuple[float, list[Trained]]:
        """Train all seeds, several at a time; return the seconds from the start to the report, and the runs."""
        where = (f"device={self.device}", f"hydra.sweep.dir={name}", f"hydra.launcher.workers={workers}")
        what = ("model=mlp", f"seeds={seeds or self.seeds}", f"training.epochs={self.epochs}", *self.common)
        started = time.perf_counter()
        with memory_watched(self.device) as most:
            self.ended(self.start(*what, *where, *overrides, cwd=self.folder))
        seconds = time.perf_counter() - started
        runs = sorted(found.parent for found in (self.folder / name).glob("*/predictions.npz"))
        return seconds, [Trained.read(run, most()) for run in runs]

    def ended(self, command: Command, code: int = 0) -> None:
        """Wait for a command.

        Raises:
            Failed: if it ends with another exit code.
        """
        found = command.wait(PATIENCE)
        if found != code:
            raise Failed(f"exit code {found}: {last_line(command)}")


def last_line(command: Command) -> str:
    """Return the error that a command reports, or otherwise its last line."""
    out, errors = command.said()
    lines = (errors.strip() or out.strip()).splitlines() or ["it wrote nothing"]
    return next((line for line in out.splitlines() if line.startswith("error ")), lines[-1])


class Process:
    """A `runner` process, started as users start it, that sees only the first GPU."""

    def __init__(self, *arguments: str, cwd: Path) -> None:
        self._out, self._errors = (tempfile.TemporaryFile("w+") for _ in range(2))  # noqa: SIM115 - read when it ends
        self._process = subprocess.Popen(
            [sys.executable, "-m", "runner", *arguments],
            cwd=cwd,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": first_gpu()},
            stdout=self._out,
            stderr=self._errors,
        )

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def said(self) -> tuple[str, str]:
        self._out.seek(0)
        self._errors.seek(0)
        return self._out.read(), self._errors.read()

    def send_signal(self, number: int) -> None:
        self._process.send_signal(number)

    def wait(self, timeout: float) -> int | None:
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise Failed(f"it did not end within {timeout} s") from None


def first_gpu() -> str:
    """Return CUDA's name of the first visible GPU."""
    return os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0]


def gpu_name() -> str | None:
    """Return the name of the first GPU that TensorFlow finds, in a separate process: this one must not use it."""
    program = (
        "import tensorflow as tf\nfor gpu in tf.config.list_physical_devices('GPU')[:1]:\n"
        "    print(tf.config.experimental.get_device_details(gpu).get('device_name', 'GPU'))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
    return said or None


def gpu_memory() -> tuple[int, int]:
    """Return the used and the total memory of the first GPU in MB.

    Raises:
        Failed: if `nvidia-smi` does not report them.
    """
    query = ["nvidia-smi", f"--id={first_gpu()}", "--query-gpu=memory.used,memory.total"]
    try:
        done = subprocess.run([*query, "--format=csv,noheader,nounits"], capture_output=True, text=True, check=True)
        used, total = (int(number) for number in done.stdout.split(","))
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        raise Failed(f"nvidia-smi does not say how much memory there is ({error})") from error
    return used, total


@contextmanager
def memory_watched(device: str) -> Iterator[Callable[[], int | None]]:
    """Yield a function that returns the peak memory so far in MB; None on the CPU, or if it is unknown."""
    seen, over = [0], threading.Event()

    def look() -> None:
        with suppress(Failed):
            while not over.wait(SAMPLE):
                seen.append(gpu_memory()[0])

    watcher = threading.Thread(target=look, daemon=True)
    if device == "gpu":
        watcher.start()
    try:
        yield lambda: max(seen) or None
    finally:
        over.set()
        if device == "gpu":
            watcher.join()
