"""Finished runs, sweeps and studies that many tests read; they are made once per session, for all processes.

Tests must not write into them: a test that changes files changes a copy.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from multiprocessing.process import BaseProcess
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from filelock import FileLock

from tests.program import Program, warm_program

Once = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Return once("name", make) -> a folder filled by make(folder), shared by all processes of pytest-xdist."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if base.name.startswith("popen-") else base) / "made"
    shared.mkdir(exist_ok=True)

    def get(name: str, make: Callable[[Path], object]) -> Path:
        folder, done = shared / name, shared / f"{name}.done"
        with FileLock(shared / f"{name}.lock"):
            if not done.exists():
                folder.mkdir()
                make(folder)
                done.touch()
        return folder

    return get


@pytest.fixture(scope="session")
def program() -> Iterator[Program]:
    """Yield program("optimizer=sgd", cwd=tmp_path) -> the `Answer` of the warm program in tests/program.py."""
    with warm_program() as program:
        yield program


@pytest.fixture(scope="session")
def finished_run(once: Once, cli: Callable[..., CompletedProcess[str]]) -> Path:
    """A run of two epochs on the embedded MNIST, seed 3; the files `stdout` and `stderr` next to it hold its output."""

    def train(folder: Path) -> None:
        done = cli("dataset=mnist_5k", "training.epochs=2", "seed=3", "hydra.run.dir='a run of ours é'", cwd=folder)
        assert done.returncode == 0, done.stderr
        (folder / "stdout").write_text(done.stdout)
        (folder / "stderr").write_text(done.stderr)

    return once("run", train) / "a run of ours é"


@pytest.fixture(scope="session")
def finished_sweep(once: Once, cli: Callable[..., CompletedProcess[str]]) -> Path:
    """A sweep of two epochs on scikit-learn's digits: sgd and adam, seeds 0 and 1, in this order."""

    def train(folder: Path) -> None:
        done = cli(
            "-m", "optimizer=sgd,adam", "seed=0,1", "dataset=digits", "training.epochs=2", "hydra.sweep.dir=sweep",
            cwd=folder,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    return once("sweep", train) / "sweep"


@pytest.fixture(scope="session")
def smoke_study(once: Once, cli: Callable[..., CompletedProcess[str]]) -> Path:
    """The folder in which the study `smoke` ran; its file `stdout` holds the output."""

    def train(folder: Path) -> None:
        done = cli("study=smoke", cwd=folder)
        assert done.returncode == 0, done.stderr
        (folder / "stdout").write_text(done.stdout)

    return once("smoke", train)


@pytest.fixture(scope="session")
def tuned_study(once: Once, quick_cli: Callable[..., CompletedProcess[str]]) -> Path:
    """The folder in which a study `tuned` chose learning rates for sgd and adam; `stdout` holds the output."""

    def train(folder: Path) -> None:
        (folder / "own" / "study").mkdir(parents=True)
        (folder / "own" / "study" / "tuned.yaml").write_text(
            "base: [dataset=digits, training.epochs=1, schedule=constant]\n"
            "variants:\n  adam: [optimizer=adam]\n  sgd: [optimizer=sgd]\n"
            "tune:\n  axes:\n    optimizer.learning_rate: [1.0e-6, 1.0e-2]\nseeds: 2\n"
        )
        done = quick_cli("study=tuned", "--config-dir", str(folder / "own"), cwd=folder)
        assert done.returncode == 0, done.stderr
        (folder / "stdout").write_text(done.stdout)

    return once("tuned", train)


class Begun:
    """A command that runs while the test continues."""

    def __init__(self, process: BaseProcess, said: tuple[Path, Path]) -> None:
        self._process = process
        self._said = said

    def is_alive(self) -> bool:
        """Return whether it is still running."""
        return self._process.is_alive()

    def said(self) -> tuple[str, str]:
        """Return its standard output and standard error so far."""
        out, errors = (path.read_text() if path.exists() else "" for path in self._said)
        return out, errors

    def send_signal(self, number: int) -> None:
        """Send a signal to it, but not to its workers."""
        os.kill(self._process.pid, number)

    def wait(self, timeout: float = 300) -> int | None:
        """Return its exit code, or None if it is still running."""
        self._process.join(timeout)
        return self._process.exitcode


@pytest.fixture
def begin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Begun]]:
    """Yield begin("seeds=2", cwd=tmp_path) -> a `Begun` command, which is still running.

    Its reports have figures only with begin(..., figures=True).
    """
    from tests.warm import started

    with ExitStack() as stack:

        def begin(*arguments: str, cwd: Path, figures: bool = False) -> Begun:
            place = tmp_path_factory.mktemp("said")
            said = place / "stdout", place / "stderr"
            return Begun(stack.enter_context(started(arguments, cwd, said, shares_server=True, figures=figures)), said)

        yield begin


PAUSING = """
import time
from pathlib import Path
import keras

class Pausing(keras.callbacks.Callback):
    def __init__(self, epochs, until):
        super().__init__()
        self._epochs, self._until = epochs, Path(until)

    def on_epoch_begin(self, epoch, logs=None):
        while epoch >= self._epochs and not self._until.exists():
            time.sleep(0.02)
"""


@pytest.fixture
def pausing(tmp_path: Path) -> tuple[str, ...]:
    """Arguments of a sweep in tmp_path / "s" whose runs pause after an epoch until the file `go` exists in tmp_path."""
    (tmp_path / "own" / "callbacks").mkdir(parents=True)
    (tmp_path / "own" / "callbacks" / "pausing.yaml").write_text(
        f"pausing:\n  _target_: pausing.Pausing\n  epochs: 1\n  until: {tmp_path / 'go'}\n"
    )
    (tmp_path / "pausing.py").write_text(PAUSING)
    return (
        "callbacks=[pausing]", "dataset=digits", "model.hidden_units=[4]", "training.epochs=2", "hydra.sweep.dir=s",
        "hydra.launcher.workers=2", "trusted_packages=[pausing]", "--config-dir", str(tmp_path / "own"),
    )  # fmt: skip
