"""Final evaluation of a run: its last model, or its snapshot ensemble."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from runner.data.dataset import Part, Split
from runner.engine.compiled import Compiled
from runner.engine.evaluation import Evaluator, shortest
from runner.engine.stacks.stacked_training import StackedRun
from runner.optim.snapshots import Snapshots, ensemble_of

Probabilities = npt.NDArray[np.float32]  # (examples, classes)


@dataclass(frozen=True)
class Final:
    """A final model with its probabilities, loss and metrics on the validation and test sets."""

    model: keras.Model
    validation: Probabilities
    test: Probabilities
    validation_metrics: dict[str, float]
    test_metrics: dict[str, float]


def final(compiled: Compiled | StackedRun, targets: Split, callbacks: Sequence[keras.callbacks.Callback]) -> Final:
    """Evaluate the result of training.

    Args:
        targets: split with labels in the loss's form.
        callbacks: the run's callbacks; the states kept by a `Snapshots` are the ensemble's members.
    """
    model = compiled.model
    kept = [list(callback.states) for callback in callbacks if isinstance(callback, Snapshots)]
    states = kept[0] if kept else []
    if len(states) < 2:
        validation, test = compiled.validation.predict(), compiled.test.predict()
        measured = (compiled.validation.evaluate(), compiled.test.evaluate())
        return Final(model, validation, test, *map(shortest, measured))
    ensemble = ensemble_of(model, states)
    validation, test = (Evaluator(ensemble, part).predict() for part in (targets.validation, targets.test))
    measured = (_metrics(model, targets.validation, validation), _metrics(model, targets.test, test))
    return Final(ensemble, validation, test, *map(shortest, measured))


def _metrics(model: keras.Model, data: Part, probabilities: Probabilities) -> dict[str, float]:
    """Return loss and metrics of another model's probabilities, computed by the compiled model."""
    outputs: Any = probabilities if model.output_shape[-1] > 1 else probabilities[:, 1:]
    model.reset_metrics()
    loss = model.compute_loss(data.inputs, data.labels, outputs, training=False)
    measured = model.compute_metrics(data.inputs, data.labels, outputs)
    return {name: float(np.asarray(value)) for name, value in measured.items()} | {"loss": float(np.asarray(loss))}
