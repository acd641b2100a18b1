"""Run directory: writing and reading its files by name."""

import io
import logging
import math
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import numpy.typing as npt
from pydantic import TypeAdapter

from runner.core.errors import UserError, writing
from runner.core.paths import refuse_no_directory
from runner.core.read import MEGABYTE, json_form, read_bytes, read_json, read_rows
from runner.core.read_npz import read_arrays
from runner.core.read_yaml import read_yaml
from runner.core.text import shortened
from runner.core.write import remove_leftovers, whole_file, write_arrays, write_csv, write_json, write_text
from runner.records.record import LARGEST, Row, RunRecord

Form = TypeVar("Form")
_LARGEST_RECORD = 16 * MEGABYTE  # more than the confusion matrix of 1,000 classes
_LARGEST_PREDICTIONS = 512 * MEGABYTE
_LAST_EPOCH = 10**9
_OF_REPORTS = (
    "position",
    "run_id",
    "run",
    "variant",
    "seed",
)  # columns that only reports have

# Files that a run writes in addition to its figures; callbacks must not overwrite them.
RUN_FILES = frozenset({
    ".hydra", ".lock", "checkpoint", "config.yaml", "gradients.csv", "history.csv", "inference.npz",
    "model.keras", "predictions.npz", "record.json", "run.log", "steps.csv", "summary.csv",
})  # fmt: skip
Part = Literal["test", "validation"]  # of the predictions


@dataclass(frozen=True)
class RunDirectory:
    """The files of one run, by the names that reports expect."""

    path: Path

    @property
    def record_path(self) -> Path:
        """The record; a directory without one is not a run."""
        return self.path / "record.json"

    @property
    def config_path(self) -> Path:
        """The resolved configuration."""
        return self.path / "config.yaml"

    @property
    def history_path(self) -> Path:
        """The history: one row for each epoch."""
        return self.path / "history.csv"

    @property
    def predictions_path(self) -> Path:
        """Test and validation probabilities and labels."""
        return self.path / "predictions.npz"

    @property
    def gradients_path(self) -> Path:
        """The norms of each layer's gradient and weights: one row for each epoch."""
        return self.path / "gradients.csv"

    @property
    def steps_path(self) -> Path:
        """Learning rate and loss: one row for each training step."""
        return self.path / "steps.csv"

    @property
    def model_path(self) -> Path:
        """The trained Keras model."""
        return self.path / "model.keras"

    @property
    def inference_path(self) -> Path:
        """Preprocessing and names, needed with the model for predictions on new examples."""
        return self.path / "inference.npz"

    @property
    def checkpoint_path(self) -> Path:
        """The checkpoint of an unfinished training run."""
        return self.path / "checkpoint" / "state.npz"

    def remove_checkpoint(self) -> None:
        """Remove the checkpoint of a finished run."""
        shutil.rmtree(self.checkpoint_path.parent, ignore_errors=True)

    def remove_leftovers(self) -> None:
        """Remove the temporary files that a killed process left here."""
        for directory in (self.path, self.checkpoint_path.parent, self.path / ".hydra"):
            remove_leftovers(directory)

    def refuse_if_used(self) -> None:
        """Raise UserError if the directory already contains a run, to protect its results."""
        if self.record_path.exists():
            raise UserError(f"{self.path}: already contains a run; choose another directory (hydra.run.dir=...)")

    def refuse_no_model(self) -> None:
        """Raise UserError if the directory contains no run, or a run without a model."""
        refuse_no_directory(self.path)
        if not self.record_path.exists():
            raise UserError(f"{self.path}: contains no run (no record.json in it); give the directory of one run")
        if not self.model_path.is_file():
            raise UserError(f"{self.path}: contains no model.keras: the run has not ended, or its model was removed")

    def write_hydra(self, files: Mapping[str, str]) -> None:
        """Write Hydra's files of a run into .hydra/.

        Args:
            files: text by file name.
        """
        folder = self.path / ".hydra"
        if files:
            with writing(folder):
                folder.mkdir(exist_ok=True)
        for name, text in files.items():
            write_text(folder / name, text)

    def write_config(self, yaml: str) -> None:
        """Write the resolved configuration."""
        write_text(self.config_path, yaml)

    def read_config(self) -> dict[str, Any]:
        """Read the resolved configuration.

        Raises:
            UserError: if it is missing or cannot be read.
        """
        path = self.config_path
        if path.is_symlink():
            raise UserError(f"{path}: a link, which is not followed")
        try:
            config = read_yaml(path)
        except FileNotFoundError as error:
            raise UserError(f"{path}: missing, so this run cannot be trained again") from error
        if not isinstance(config, dict):
            raise UserError(f"{path}: contains no configuration")
        return config

    def write_record(self, record: RunRecord) -> None:
        """Write the one-row summary, then the record, whose status marks the directory as complete."""
        write_csv(self.path / "summary.csv", [record.summary()])
        write_json(self.record_path, asdict(record))

    def write_history(self, history: Sequence[Row]) -> None:
        """Write one row for each epoch."""
        write_csv(self.history_path, history)

    def write_table(self, name: str, rows: Sequence[Row]) -> None:
        """Write a diagnostic's table."""
        write_csv(self.path / name, rows)

    def write_predictions(self, **arrays: npt.NDArray[Any]) -> None:
        """Write probabilities (examples, classes) and labels (examples,)."""
        write_arrays(self.predictions_path, arrays)

    def write_model(self, save: Callable[[str], object]) -> None:
        """Write the model by calling `save` with a path that ends in .keras."""
        with whole_file(self.model_path) as temporary:
            save(str(temporary))

    def read_record(self) -> RunRecord:
        """Read the record; keys of a newer version are ignored.

        Raises:
            UserError: if it is not a record; the message gives the first error.
        """
        form: TypeAdapter[RunRecord] = json_form(RunRecord)
        return self._read_json(form)

    def read_record_as_written(self) -> dict[str, Any]:
        """Read the record's values as they are, with the keys of its own version.

        Raises:
            UserError: if it is not a JSON object.
        """
        form: TypeAdapter[dict[str, Any]] = json_form(dict[str, Any])
        return self._read_json(form)

    def _read_json(self, form: TypeAdapter[Form]) -> Form:
        try:
            return read_json(self.record_path, form, _LARGEST_RECORD)
        except (FileNotFoundError, ValueError) as error:
            raise UserError(f"{self.record_path}: not a valid run record ({error})") from error

    def read_predictions(self, *parts: Part) -> dict[str, npt.NDArray[Any]]:
        """Read probabilities (examples, classes) and labels (examples,) of the given parts (default: all), by name.

        Raises:
            UserError: if the file or one of the arrays is missing or invalid.
        """
        wanted = parts or get_args(Part)
        keys = [f"{part}_{kind}" for part in wanted for kind in ("probabilities", "labels")]
        try:
            stored = io.BytesIO(read_bytes(self.predictions_path, _LARGEST_PREDICTIONS))
            arrays = read_arrays(stored, [keys], _LARGEST_PREDICTIONS)
            for part in wanted:
                _refuse_no_predictions(part, arrays[f"{part}_probabilities"], arrays[f"{part}_labels"])
            return arrays
        except FileNotFoundError as error:
            raise UserError(f"{self.path}: contains no predictions.npz") from error
        except ValueError as error:
            raise UserError(f"{self.predictions_path}: cannot be read ({error})") from error

    def read_history(self) -> list[Row]:
        """Read the epochs; none if no epoch was completed. Metrics not measured in an epoch are absent from its row.

        Raises:
            UserError: if the file is not a table of numbers; the message gives the first error.
        """
        try:
            rows = read_rows(self.history_path)
            measured = {name for row in rows for name, value in row.items() if value}
            history = [
                {name: float(value) for name, value in row.items() if value or name not in measured} for row in rows
            ]
            for row in history:
                _refuse_no_epoch(row)
        except FileNotFoundError:
            return []
        except ValueError as error:
            raise UserError(f"{self.history_path}: not a valid run history ({error})") from error
        return history


def _refuse_no_epoch(row: Row) -> None:
    epoch = row.get("epoch", 0.0)
    if not (epoch.is_integer() and 1 <= epoch <= _LAST_EPOCH):
        raise ValueError(f"epoch {epoch} is not a whole number from 1")
    for name, value in row.items():
        if LARGEST < abs(value) < math.inf or name in _OF_REPORTS:
            raise ValueError(f"epoch {epoch:.0f}: {shortened(name)}={value} cannot be a training metric")


def _refuse_no_predictions(part: str, probabilities: npt.NDArray[Any], labels: npt.NDArray[Any]) -> None:
    if probabilities.ndim != 2 or probabilities.dtype.kind != "f" or not probabilities.shape[1]:
        raise ValueError(f"the {part} probabilities are {probabilities.dtype}{probabilities.shape}")
    examples, classes = probabilities.shape
    are_whole = labels.shape == (examples,) and labels.dtype.kind in "ui"
    if not are_whole or (examples and not 0 <= labels.min() <= labels.max() < classes):
        raise ValueError(f"the {part} labels are not {examples} whole numbers from 0 to {classes - 1}")


_LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"  # same as in conf/hydra/job_logging


@contextmanager
def logged_by(handler: logging.Handler) -> Iterator[None]:
    """While the block runs, send log messages only to this handler, as Hydra does for a run that it starts."""
    root = logging.getLogger()
    before = root.handlers, root.level
    handler.setFormatter(logging.Formatter(_LINE))
    root.handlers, root.level = [handler], logging.INFO
    try:
        yield
    finally:
        root.handlers, root.level = before
        with suppress(OSError):  # closing fails on a full disk, which must not lose the results
            handler.close()
