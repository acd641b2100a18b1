"""Compiled model: its training epoch and its evaluations."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras

from runner.data.dataset import Split
from runner.engine.evaluation import Evaluator
from runner.engine.training import Augment, CompiledEpoch, train
from runner.engine.variables.strengths import Strengths
from runner.records.record import Row


@dataclass(frozen=True)
class Compiled:
    """A model's epoch and evaluations, each compiled at its first run."""

    model: keras.Model
    epoch: CompiledEpoch
    validation: Evaluator
    test: Evaluator
    strengths: Strengths

    def start_as(self, model: keras.Model) -> None:
        """Copy all values from an untrained model of the same architecture.

        These are weights, statistics, random streams, the optimizer's state, its base learning rate and momentum, and
        the strengths of penalties: the run then trains exactly like a run of a newly compiled model.

        Args:
            model: untrained model with the same `other_constants` and `without_strengths` as this one.

        Raises:
            ValueError: if the models do not have the same variables.
        """
        copy_values(model, self.model)
        self.epoch.rate.copy(model.optimizer)
        self.strengths.copy(model)

    def train(self, **how: Any) -> Iterator[Row]:
        """Train, and yield each epoch; see `train` in `runner.engine.training`."""
        return train(self.epoch, self.validation, **how)


def compiled(
    model: keras.Model, targets: Split, batch_size: int, augment: Augment | None, *, jit_compile: bool
) -> Compiled:
    """Return a model with its epoch and evaluations, which are compiled at their first run."""
    strengths = Strengths(model)
    how: dict[str, Any] = {"jit_compile": jit_compile, "strengths": strengths}
    return Compiled(
        model,
        CompiledEpoch(model, targets.train, batch_size, augment, **how),
        Evaluator(model, targets.validation, **how),
        Evaluator(model, targets.test, **how),
        strengths,
    )


def copy_values(source: keras.Model, target: keras.Model) -> None:
    """Copy the values of the variables of a model and its optimizer to another model of the same architecture.

    Raises:
        ValueError: if the models do not have the same variables.
    """
    new, own = _variables(source), _variables(target)
    if [variable.shape for variable in own] != [variable.shape for variable in new]:
        raise ValueError("the models do not have the same variables")
    for variable, value in zip(own, new, strict=True):
        variable.assign(value)


def _variables(model: keras.Model) -> list[Any]:
    model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]
