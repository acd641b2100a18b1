"""The whole state of a training at the end of an epoch, in one file, from which it goes on to the last bit."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from runner.config.environment import writing
from runner.engine.keepers import Keeper
from runner.engine.plain import Arrays, encode, read_plain, write_plain
from runner.records.record import Row

LOG = logging.getLogger(__name__)

_FORMAT = 1


@dataclass(frozen=True)
class Progress:
    """How far a training is: a row for each epoch that is done, and the last one's logs."""

    rows: list[Row] = field(default_factory=list)
    logs: dict[str, float] = field(default_factory=dict)


class Checkpoint:
    """The state of one training in one file: written at each epoch's end, read where a training begins.

    It holds the variables of the model (weights, statistics, random streams), of the optimizer and of the augmentation,
    the state of callbacks and diagnostics, and the training's progress. All else a training depends on is a function of
    configuration and epoch, as the order of the examples is.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.epochs = 0  # that it had seen when the training began

    def begin(self, model: keras.Model, owners: Sequence[Any], augment: Any) -> Progress:
        """Put the file's state into a training that begins, if there is one that fits it, and return its progress.

        Args:
            model: compiled, its optimizer built.
            owners: callbacks and diagnostics, as the beginning of the training left them.
            augment: its `variables`, if it has any, belong to the state.
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
            LOG.warning("%s: not a state of this training, which starts anew: %s", self._path, error)
            return Progress()
        for variable, value in zip(self._variables(), state["variables"], strict=True):
            variable.assign(value)
        for keeper, kept in zip(self._keepers, state["owners"], strict=True):
            keeper.restore(kept)
        model.stop_training = state["stop_training"]
        self.epochs = len(progress.rows)
        return progress

    def save(self, progress: Progress) -> None:
        """Write the state as it is now, at the end of an epoch."""
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
        """Raise ValueError if the state is not one of this training's."""
        if state["format"] != _FORMAT:
            raise ValueError("written by another version")
        if [keeper.kind for keeper in self._keepers] != state["kinds"] or len(state["owners"]) != len(state["kinds"]):
            raise ValueError("of other callbacks or diagnostics")
        if _forms(state["variables"]) != _forms(self._values()):
            raise ValueError("of another model, optimizer or augmentation")


def _forms(values: Arrays) -> list[tuple[tuple[int, ...], np.dtype[Any]]]:
    return [(value.shape, value.dtype) for value in values]
