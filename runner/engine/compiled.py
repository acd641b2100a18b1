"""Compiled model: its training epoch and its evaluations."""

from dataclasses import dataclass
from typing import Any

import keras

from runner.data.dataset import Split
from runner.engine.evaluation import Evaluator
from runner.engine.training import Augment, CompiledEpoch


@dataclass(frozen=True)
class Compiled:
    """A model's epoch and evaluations, each compiled at its first run."""

    model: keras.Model
    epoch: CompiledEpoch
    validation: Evaluator
    test: Evaluator

    def start_as(self, model: keras.Model) -> None:
        """Copy all values from an untrained model of the same architecture.

        These are weights, statistics, random streams, the optimizer's state and its base learning rate: the run then
        trains exactly like one of a newly compiled model.

        Args:
            model: its optimizer's schedule has equal `other_constants`.

        Raises:
            ValueError: if the models do not have the same variables.
        """
        own, new = _variables(self.model), _variables(model)
        if [variable.shape for variable in own] != [variable.shape for variable in new]:
            raise ValueError("the models do not have the same variables")
        for variable, value in zip(own, new, strict=True):
            variable.assign(value)
        self.epoch.rate.copy(model.optimizer)


def compiled(
    model: keras.Model, targets: Split, batch_size: int, augment: Augment | None, *, jit_compile: bool
) -> Compiled:
    """Return a model with its epoch and evaluations, to be compiled."""
    return Compiled(
        model,
        CompiledEpoch(model, targets.train, batch_size, augment, jit_compile=jit_compile),
        Evaluator(model, targets.validation, jit_compile=jit_compile),
        Evaluator(model, targets.test, jit_compile=jit_compile),
    )


def _variables(model: keras.Model) -> list[Any]:
    model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]
