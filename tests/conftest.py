"""Fixtures for all tests: real data, if available, and the program as users start it."""

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest

from runner.core import forks

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["MPLBACKEND"] = "agg"
if os.environ.get("RUNNER_DATA_DIR"):  # each test works in its own directory
    os.environ["RUNNER_DATA_DIR"] = str(Path(os.environ["RUNNER_DATA_DIR"]).absolute())
# A shell's background jobs ignore these signals, and all processes that the tests start would inherit this.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
gc.disable()  # while test files are imported

pytest_plugins = ["tests.browser", "tests.levels", "tests.made", "tests.torture.figures"]

Cli = Callable[..., subprocess.CompletedProcess[str]]
Spawn = Callable[..., subprocess.Popen[str]]


def pytest_collection_finish() -> None:
    """Exclude imported objects from garbage collection, which took a quarter of the suite's time."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def mnist_root() -> Path:
    """The directory of the real MNIST (RUNNER_DATA_DIR); without one, the test is skipped."""
    root = os.environ.get("RUNNER_DATA_DIR")
    if not root or not (Path(root) / "mnist").is_dir():
        pytest.skip("RUNNER_DATA_DIR names no directory with the real MNIST")
    return Path(root)


def _environment(env: Mapping[str, str] | None) -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key != "HYDRA_FULL_ERROR"} | dict(env or {})


@pytest.fixture(scope="session", autouse=True)
def reports_without_processes() -> Iterator[None]:
    """Let reports draw their figures in this process, which is quick enough for a few small ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forks, "_MOST", 1)
        yield


@pytest.fixture(scope="session")
def processes() -> None:
    """Mark a test that starts processes itself."""


@pytest.fixture(scope="session")
def cold_cli() -> Cli:
    """Return cold_cli("optimizer=sgd", cwd=tmp_path) -> CompletedProcess of `runner`, as users start it."""

    def run(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None, timeout: float = 120):
        return subprocess.run(
            [sys.executable, "-m", "runner", *arguments],
            cwd=cwd,
            env=_environment(env),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def cli() -> Cli:
    """Return a faster `cold_cli`, which forks a process that has already imported TensorFlow."""
    from tests.warm import completed

    def run(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None, timeout: float = 120):
        return completed(arguments, cwd, _environment(env), timeout)

    return run


@pytest.fixture(scope="session")
def quick_cli() -> Cli:
    """Return a `cli` whose reports have neither figures nor a page, because these take seconds."""
    from tests.warm import completed

    def run(*arguments: str, cwd: Path, timeout: float = 120):
        return completed(arguments, cwd, _environment(None), timeout, figures=False)

    return run


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    """Yield spawn("seeds=2", cwd=tmp_path) -> the `Popen` of a running `runner`.

    Its output is text. It and its children are killed after the test.
    """
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None, **options: object):
        command = [sys.executable, "-m", "runner", *arguments]
        process = subprocess.Popen(command, cwd=cwd, env=_environment(env), text=True, **options)
        started.append(process)
        return process

    yield start
    for process in started:
        with suppress(psutil.NoSuchProcess):
            for left in psutil.Process(process.pid).children(recursive=True):
                left.kill()
            process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def shell() -> Cli:
    """Return shell("make test", cwd=tmp_path) -> CompletedProcess of a bash command, with text output."""

    def run(command: str, cwd: Path, env: Mapping[str, str] | None = None):
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            ["bash", "-c", command],
            cwd=cwd,
            env=_environment({"PATH": path} | dict(env or {})),
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Random images of ten classes, (250, 28, 28, 1) bytes, and their labels: quick to learn; read-only."""
    generator = np.random.default_rng(7)
    labels = generator.integers(0, 10, 250).astype(np.int32)
    prototypes = generator.integers(0, 256, (10, 28, 28, 1))
    noise = generator.integers(-40, 40, (250, 28, 28, 1))
    return np.clip(prototypes[labels] + noise, 0, 255).astype(np.uint8), labels
