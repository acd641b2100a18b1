"""Checkpoints: the full training state at an epoch's end, in one file, for a bit-identical resume."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from runner.core.errors import writing
from runner.engine.checkpoints.plain_state import Arrays, encode, read_plain, write_plain
from runner.records.record import Row


class Keeper:
    """State of one callback or diagnostic since the beginning of training.

    Objects with `get_state()` and `set_state(state)` supply it. For others, it consists of every attribute with a plain
    value, except unchanged scalars and strings, such as file names, which may differ when training is resumed.
    """

    def __init__(self, owner: Any) -> None:
        self._owner = owner
        self._before = dict(vars(owner))
        self.kind = type(owner).__name__

    def encoded(self, arrays: Arrays) -> Any:
        """Encode the state for JSON, and append its arrays to `arrays`."""
        if isinstance(self._owner, keras.callbacks.CSVLogger):
            return encode(_table_of(self._owner), arrays)
        if hasattr(self._owner, "get_state"):
            return encode(self._owner.get_state(), arrays)
        kept = []
        for name, value in vars(self._owner).items():
            if self._unchanged(name, value):
                continue
            length = len(arrays)
            try:
                kept.append([name, encode(value, arrays)])
            except TypeError:
                del arrays[length:]
        return {"dict": kept}

    def restore(self, state: Any) -> None:
        """Restore a decoded state."""
        if isinstance(self._owner, keras.callbacks.CSVLogger):
            _continue_table(self._owner, **state)
        elif hasattr(self._owner, "set_state"):
            self._owner.set_state(state)
        else:
            for name, value in state.items():
                setattr(self._owner, name, value)

    def _unchanged(self, name: str, value: Any) -> bool:
        if name == "params" or (name == "min_delta" and hasattr(self._owner, "monitor_op")):
            return True  # Keras sets the first, and flips the second's sign together with monitor_op
        single = value is None or isinstance(value, bool | int | float | str)
        return (
            single and name in self._before and type(value) is type(self._before[name]) and value == self._before[name]
        )


def _table_of(logger: Any) -> dict[str, Any]:
    return {"text": Path(logger.filename).read_bytes().decode(), "columns": logger.keys}


def _continue_table(logger: Any, text: str, columns: list[str] | None) -> None:
    """Restore a CSV logger's file as it was at the checkpoint; by now it may be empty, or contain later epochs."""
    logger.csv_file.seek(0)
    logger.csv_file.truncate()
    logger.csv_file.write(text)
    logger.csv_file.flush()
    logger.keys, logger.append_header = columns, not text


LOG = logging.getLogger(__name__)

_FORMAT = 1


@dataclass(frozen=True)
class Progress:
    """Progress of training: a row for each completed epoch, and the logs of the last one."""

    rows: list[Row] = field(default_factory=list)
    logs: dict[str, float] = field(default_factory=dict)


class Checkpoint:
    """Checkpoint file of one run: read at the beginning, written after each epoch.

    It contains the variables of the model (weights, statistics, random streams), of the optimizer and of the
    augmentation, the state of callbacks and diagnostics, and the progress. Everything else, such as the order of the
    examples, is a function of configuration and epoch.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.epochs = 0  # epochs in the file when training started

    def begin(self, model: keras.Model, owners: Sequence[Any], augment: Any) -> Progress:
        """Restore the file's state, if it exists and fits the run, and return the progress.

        Args:
            model: compiled model with a built optimizer.
            owners: callbacks (after their `on_train_begin`) and diagnostics.
            augment: augmentation, whose `variables`, if any, belong to the state.
        """
        self._model, self._augment = model, augment
        self._keepers = [Keeper(owner) for owner in owners]
        if not self._path.exists():
            return Progress()
        try:
            state = read_plain(self._path)
            self._refuse_misfit(state)
            progress = Progress(state["rows"], state["logs"])
        except Exception as error:  # a damaged file may fail in any way
            LOG.warning("%s: not a checkpoint of this run (%s); training starts from the beginning", self._path, error)
            return Progress()
        for variable, value in zip(self._variables(), state["variables"], strict=True):
            variable.assign(value)
        for keeper, kept in zip(self._keepers, state["owners"], strict=True):
            keeper.restore(kept)
        model.stop_training = state["stop_training"]
        self.epochs = len(progress.rows)
        return progress

    def save(self, progress: Progress) -> None:
        """Write the current state, at the end of an epoch."""
        arrays: Arrays = []
        plain = {
            "format": _FORMAT,
            "variables": self._values(),
            "kinds": [keeper.kind for keeper in self._keepers],
            "stop_training": bool(self._model.stop_training),
            "rows": progress.rows,
            "logs": {name: float(value) for name, value in progress.logs.items()},
        }
        encoded = encode(plain, arrays)
        encoded["dict"].append(["owners", [keeper.encoded(arrays) for keeper in self._keepers]])
        with writing(self._path.parent):
            self._path.parent.mkdir(exist_ok=True)
        write_plain(self._path, encoded, arrays)

    def _variables(self) -> list[Any]:
        optimizer = self._model.optimizer
        return [*self._model.variables, *optimizer.variables, *getattr(self._augment, "variables", ())]

    def _values(self) -> Arrays:
        return [variable.numpy() for variable in self._variables()]

    def _refuse_misfit(self, state: Any) -> None:
        """Raise ValueError if the state does not belong to this run."""
        if state["format"] != _FORMAT:
            raise ValueError("it was written by a different version")
        if [keeper.kind for keeper in self._keepers] != state["kinds"] or len(state["owners"]) != len(state["kinds"]):
            raise ValueError("it has different callbacks or diagnostics")
        if _forms(state["variables"]) != _forms(self._values()):
            raise ValueError("it has a different model, optimizer or augmentation")


def _forms(values: Arrays) -> list[tuple[tuple[int, ...], np.dtype[Any]]]:
    return [(value.shape, value.dtype) for value in values]
