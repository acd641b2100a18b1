"""Averages of the weights over the training, put into the model whenever it is looked at."""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np

Arrays = list[np.ndarray[Any, np.dtype[Any]]]


class WeightAverage(keras.callbacks.Callback):
    """Shows the average from the end of each epoch to the start of the next, and at the end of the training.

    So validation, callbacks that look at an epoch's end (early stopping, checkpoints), and test see the averaged
    weights; the next epoch goes on from the trained ones.

    Args:
        refresh_statistics: computes the model's batch statistics anew for the weights it has.
    """

    def __init__(self, refresh_statistics: Callable[[], None]) -> None:
        super().__init__()
        self._refresh_statistics = refresh_statistics
        self._trained: Arrays | None = None

    def average(self) -> Arrays:
        """Return an averaged value for each trainable weight of the model."""
        raise NotImplementedError

    def on_epoch_begin(self, *_: Any) -> None:
        """Go on from the trained weights."""
        if self._trained is not None:
            self.model.set_weights(self._trained)
            self._trained = None

    def on_test_begin(self, *_: Any) -> None:
        """Keep the trained weights, and show their average."""
        average = self.average()
        self._trained = self.model.get_weights()
        for weight, value in zip(self.model.trainable_weights, average, strict=True):
            weight.assign(value)
        self._refresh_statistics()


class LastEpochs(WeightAverage):
    """The mean of the weights at the ends of the last `epochs` epochs, or of as many as there are.

    Source: Izmailov et al. 2018, "Averaging weights leads to wider optima and better generalization", algorithm 1.
    """

    def __init__(self, epochs: int, refresh_statistics: Callable[[], None]) -> None:
        super().__init__(refresh_statistics)
        self._snapshots: deque[Arrays] = deque(maxlen=epochs)

    def average(self) -> Arrays:
        """Take the epoch's weights in, and return the mean."""
        self._snapshots.append([weight.numpy() for weight in self.model.trainable_weights])
        return [np.mean(values, axis=0) for values in zip(*self._snapshots, strict=True)]


class MovingAverage(WeightAverage):
    """The running mean that Keras's optimizers keep after every update (`use_ema`).

    Where gradients are accumulated, Keras's takes the same weights in at every step between two updates; this one does
    so once an update.
    """

    def __init__(self, momentum: float, refresh_statistics: Callable[[], None]) -> None:
        super().__init__(refresh_statistics)
        self._momentum = momentum

    def set_model(self, model: keras.Model) -> None:
        """Let the optimizer keep the average, before it is built."""
        super().set_model(model)
        optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
        optimizer.use_ema, optimizer.ema_momentum = True, self._momentum
        if steps := optimizer.gradient_accumulation_steps:
            optimizer._update_model_variables_moving_average = partial(
                _once_an_update, optimizer, steps, optimizer._update_model_variables_moving_average
            )

    def average(self) -> Arrays:
        """Return Keras's average."""
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        return [average.numpy() for average in optimizer._model_variables_moving_average]


def _once_an_update(optimizer: Any, steps: int, average: Callable[[Any], None], variables: Any) -> None:
    is_update = keras.ops.equal((optimizer._iterations + 1) % steps, 0)  # counts steps; after the step it is raised
    keras.ops.cond(is_update, lambda: average(variables), lambda: None)
