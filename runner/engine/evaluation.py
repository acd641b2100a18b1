"""Compiled evaluation: loss, metrics and probabilities on validation and test data."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from runner.data.dataset import Part
from runner.engine.setup.device import on_device
from runner.engine.variables.strengths import Strengths

BATCH_SIZE = 1000


class Evaluator:
    """Evaluator of a model on one part of the data, compiled once and with the data on the device."""

    def __init__(
        self, model: keras.Model, data: Part, *, jit_compile: bool = False, strengths: Strengths | None = None
    ) -> None:
        self.model = model
        self._inputs = on_device(data.inputs)
        as_variables = strengths.as_variables if strengths else nullcontext
        self._run = _compiled_evaluation(model, self._inputs, on_device(data.labels), jit_compile, as_variables)
        self._forward = tf.function(
            lambda batch: model(batch, training=False), jit_compile=jit_compile, autograph=False
        )

    def evaluate(self) -> dict[str, float]:
        """Return loss and metrics, as `model.evaluate` does."""
        self.model.reset_metrics()
        self._run()
        return read_metrics(self.model)

    def predict(self) -> npt.NDArray[np.float32]:
        """Return probabilities (examples, classes), even if the model outputs only the probability of class 1."""
        starts = range(0, len(self._inputs), BATCH_SIZE)
        batches = (self._inputs[start : start + BATCH_SIZE] for start in starts)
        outputs = np.concatenate([np.asarray(self._forward(batch), np.float32) for batch in batches])
        return outputs if outputs.shape[1] > 1 else np.hstack([1 - outputs, outputs])


def read_metrics(model: keras.Model) -> dict[str, float]:
    """Return the metrics accumulated since the last reset, loss first."""
    return {name: np.asarray(value).item() for name, value in model.get_metrics_result().items()}


def shortest(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return float32 values as their shortest decimals: 0.908, not 0.9079999923706055."""
    return {name: float(str(np.float32(value))) for name, value in metrics.items()}


def _compiled_evaluation(
    model: keras.Model,
    inputs: tf.Tensor,
    labels: tf.Tensor,
    jit_compile: bool,
    as_variables: Callable[[], AbstractContextManager[None]],
) -> Any:
    batch_size = min(BATCH_SIZE, len(labels))
    full_batches, rest = divmod(len(labels), batch_size)

    @tf.function(jit_compile=jit_compile, autograph=False)
    def run() -> None:
        def one_full_batch(batch: tf.Tensor) -> tuple[tf.Tensor]:
            chosen = (_rows(array, batch * batch_size, batch_size) for array in (inputs, labels))
            with as_variables():
                model.test_step(tuple(chosen))
            return (batch + 1,)

        tf.while_loop(lambda batch: batch < full_batches, one_full_batch, [tf.constant(0)], parallel_iterations=1)
        if rest:
            with as_variables():
                model.test_step((inputs[-rest:], labels[-rest:]))

    return run


def _rows(array: tf.Tensor, start: tf.Tensor, count: int) -> tf.Tensor:
    others = array.shape.rank - 1
    return tf.slice(array, [start] + [0] * others, [count] + [-1] * others)
