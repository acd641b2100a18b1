"""Fixtures that all tests may use: real data where there are some, and the program as its users start it."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["KERAS_BACKEND"] = "tensorflow"

REPOSITORY = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `make torture` ask for the long form of the tests in tests/torture/."""
    parser.addoption("--torture", action="store_true", help="hundreds of faults, runs and configurations, not a few")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that tests measured."""
    figures = [
        f"{report.nodeid.rpartition('::')[2]}: {value}"
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
        if name == "measured"
    ]
    if figures:
        terminalreporter.section("measured")
        terminalreporter.write_line("\n".join(figures))


Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def mnist_root() -> Path:
    """The directory of the real MNIST (RUNNER_DATA_DIR); the test is skipped where there is none."""
    root = os.environ.get("RUNNER_DATA_DIR")
    if not root or not (Path(root) / "mnist").is_dir():
        pytest.skip("RUNNER_DATA_DIR names no directory with the real MNIST")
    return Path(root).resolve()


def _environment(env: Mapping[str, str] | None) -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key != "HYDRA_FULL_ERROR"} | dict(env or {})


@pytest.fixture(scope="session")
def cold_cli() -> Cli:
    """Start `runner` as its users do: cold_cli("optimizer=sgd", cwd=tmp_path) -> CompletedProcess with text output."""

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
def cli(cold_cli: Cli) -> Cli:
    """Do as `cold_cli`, seconds faster: in a process that is forked from one that has imported TensorFlow."""
    from tests.warm import completed

    def run(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None, timeout: float = 120):
        if "PYTHONPATH" in (env or {}):  # which Python reads as it starts
            return cold_cli(*arguments, cwd=cwd, env=env, timeout=timeout)
        return completed(arguments, cwd, _environment(env), timeout)

    return run


@pytest.fixture
def digits() -> tuple[np.ndarray, np.ndarray]:
    """A few random images of ten classes, (250, 28, 28, 1) bytes, and their labels: quick to make and to learn."""
    generator = np.random.default_rng(7)
    labels = generator.integers(0, 10, 250).astype(np.int32)
    prototypes = generator.integers(0, 256, (10, 28, 28, 1))
    noise = generator.integers(-40, 40, (250, 28, 28, 1))
    return np.clip(prototypes[labels] + noise, 0, 255).astype(np.uint8), labels
