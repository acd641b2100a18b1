"""Run of the Python interface, read from its directory."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from runner.core import errors
from runner.core.errors import UserError
from runner.core.lock import is_locked
from runner.core.omissions import LeftOut
from runner.core.output import errors_held_back
from runner.core.paths import refuse_no_directory, shown
from runner.interface.command import run_command
from runner.interface.errors import refusing
from runner.interface.overrides import Location, given_path, trust
from runner.records.record import Status
from runner.records.run_directory import RunDirectory
from runner.reporting.collection import collect
from runner.reporting.collection.labels import override_columns
from runner.reporting.metrics import quantity, value_text
from runner.reporting.tables.frames import as_read

if TYPE_CHECKING:
    import keras

    from runner.interface.reproduction import Reproduction

_FACTS = ("val_accuracy", "test_accuracy", "test_loss", "train_seconds")  # metrics shown in a notebook


class Run:
    """A run in a directory, finished or still training.

    Files are read only when you ask for their content, and again only after they have changed.

    >>> import runner
    >>> run = runner.Run("outputs/sweeps/optimizers/0")
    >>> run
    <Run outputs/sweeps/optimizers/0: completed, optimizer=sgd, seed 0>
    """

    @refusing
    def __init__(self, path: str | Path) -> None:
        """Find the run.

        Args:
            path: its directory; ~ is expanded.

        Raises:
            UserError: if there is no run.
        """
        self._directory = RunDirectory(given_path(path))
        self._seen: tuple[Any, ...] = ()
        refuse_no_directory(self._directory.path)
        if not self._directory.record_path.exists():
            raise UserError(f"{path}: contains no run (no record.json in it)")

    @property
    def directory(self) -> Path:
        """The run's directory.

        >>> import runner
        >>> print(runner.Run("outputs/sweeps/optimizers/0").directory)
        outputs/sweeps/optimizers/0
        """
        return self._directory.path

    @property
    @refusing
    def status(self) -> Status:
        """`running`, `completed`, `diverged`, `pruned`, `interrupted` or `failed`; a killed run is interrupted.

        >>> import runner
        >>> runner.Run("outputs/sweeps/optimizers/0").status
        'completed'
        """
        return self._read.record.status

    @property
    @refusing
    def record(self) -> dict[str, Any]:
        """The values in record.json, including configuration, versions, device, timings and metrics.

        >>> import runner
        >>> runner.Run("outputs/sweeps/optimizers/0").record["dataset"]["name"]
        'mnist'
        """
        return self._directory.read_record_as_written()

    @property
    @refusing
    def history(self) -> pd.DataFrame:
        """One row per epoch, with the columns of history.csv; no rows before the end of the first epoch.

        >>> import runner
        >>> runner.Run("outputs/sweeps/optimizers/0").history[["epoch", "val_accuracy"]]
           epoch  val_accuracy
        0      1          0.50
        1      2          0.75
        """
        return pd.DataFrame(self._read.history or {"epoch": []}).astype({"epoch": int})

    @property
    @refusing
    def summary(self) -> "pd.Series[Any]":
        """The row of the run in summary.csv.

        >>> import runner
        >>> summary = runner.Run("outputs/sweeps/optimizers/0").summary
        >>> print(summary["test_accuracy"], summary["optimizer"])
        0.75 sgd
        """
        frame = pd.DataFrame([self._read.record.summary()])
        return as_read(frame, override_columns([self._read])).iloc[0].rename(self._read.record.run_id)

    @refusing
    def predictions(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return the predictions of the tested network.

        Returns:
            `test_probabilities` and `validation_probabilities` (examples, classes), `test_labels` and
            `validation_labels` (examples,).

        Raises:
            UserError: if there are none (for example, before the end of the run), or they cannot be read.

        >>> import runner
        >>> runner.Run("outputs/sweeps/optimizers/0").predictions()["test_probabilities"].shape
        (4, 2)
        """
        return self._directory.read_predictions()

    @refusing
    def model(self) -> "keras.Model":
        """Return the trained Keras model, not compiled. This imports TensorFlow.

        Keras runs no code from the file. A model with layers from your own package cannot be read.

        Raises:
            UserError: if there is none (for example, before the end of the run), or it cannot be read.

        >>> import runner
        >>> try:
        ...     runner.Run("outputs/sweeps/optimizers/0").model()
        ... except runner.UserError as error:
        ...     print(error)
        outputs/sweeps/optimizers/0: contains no model.keras
        """
        if not self._directory.model_path.is_file():
            raise UserError(f"{self.directory}: contains no model.keras")
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # only warnings and errors, as on the command line
        with errors_held_back():  # TensorFlow writes notes there at any log level
            from runner.models.saved import read_model

            return read_model(self._directory.model_path)

    @refusing
    def resume(self, *, trusted_packages: Sequence[str] = (), quiet: bool = False) -> "Run":
        """Continue the run from its last epoch, as `runner resume` does, and return it; a finished run stays unchanged.

        Args:
            trusted_packages: your packages whose classes the run uses.
            quiet: show no progress and no warnings.

        Raises:
            UserError: if it cannot be resumed, or another process uses it.
            KeyboardInterrupt: if it was interrupted again.

        >>> import runner
        >>> runner.Run("outputs/sweeps/optimizers/0").resume(quiet=True).status
        'completed'
        """
        run_command(["resume", str(self.directory), *trust(trusted_packages)], quiet=quiet)
        return self

    @refusing
    def reproduce(
        self,
        *,
        directory: Location | None = None,
        tolerance: float | None = None,
        trusted_packages: Sequence[str] = (),
        quiet: bool = False,
    ) -> "Reproduction":
        """Train the run again in a new directory, as `runner reproduce` does, and compare the two.

        Args:
            directory: the new run's directory; default: below outputs/reproduced.
            tolerance: allowed absolute difference of a metric; default: 0.001.
            trusted_packages: your packages whose classes the run uses.
            quiet: show no progress and no warnings.

        Raises:
            UserError: if it cannot be trained, or the directory is already used.
            KeyboardInterrupt: if the training was interrupted.

        >>> import runner
        >>> run = runner.train(["dataset=digits", "training.epochs=1"], quiet=True)
        >>> run.reproduce(quiet=True).verdict
        'bit-identical'
        """
        from runner.interface.reproduction import reproduce

        return reproduce(
            self.directory, directory=directory, tolerance=tolerance, trusted_packages=trusted_packages, quiet=quiet
        )

    @property
    def _read(self) -> collect.Run:
        """The run as it is now."""
        seen = (is_locked(self.directory), *map(_state, (self._directory.record_path, self._directory.history_path)))
        if seen != self._seen:
            self._last = collect.Run.read(self.directory)
            self._seen = seen
        return self._last

    def __repr__(self) -> str:
        try:
            record = self._read.record
        except errors.UserError as error:  # the display must not fail
            return f"<Run {shown(self.directory)}: {error}>"
        return f"<Run {shown(self.directory)}: {record.status}, {record.variant}, {record.which}>"

    def _repr_html_(self) -> str:
        from runner.interface.notebook import figure_html, note_html, table_html
        from runner.reporting.figures.drawing.files import drawn
        from runner.reporting.run_figures import run_figures

        try:
            record = self._read.record
        except errors.UserError:
            return note_html(repr(self))
        summary = record.summary()
        facts = {"run": shown(self.directory), "variant": record.variant, "seed": str(record.seed)}
        facts |= {"status": record.status, "data": record.dataset["name"], "epochs": str(summary["epochs"])}
        facts |= {quantity(name): value_text(summary[name], name) for name in _FACTS if summary[name] is not None}
        if record.error_line:
            facts["error"] = record.error_line
        figures = run_figures(self._directory, record, LeftOut()) if self._read.history else ()
        curve = next(drawn(figures, lambda _, figure: figure_html(figure), LeftOut()), "")
        return table_html([facts]) + curve


def _state(path: Path) -> tuple[int, int, int] | None:
    """Return properties of a file that change when it is replaced; None if the file does not exist."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
