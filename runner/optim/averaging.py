"""Weight averaging: means of the weights during training, used for evaluation."""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np

from runner.optim.keras_internals import innermost, moving_averages, steps_taken, wrap_moving_average

Arrays = list[np.ndarray[Any, np.dtype[Any]]]


class WeightAverage(keras.callbacks.Callback):
    """Base class that gives the model averaged weights between epochs and after training.

    Validation, callbacks at an epoch's end (early stopping, checkpoints) and test use the averaged weights; the next
    epoch continues from the trained ones.

    Args:
        refresh_statistics: recomputes the model's batch statistics for its current weights.
    """

    def __init__(self, refresh_statistics: Callable[[], None]) -> None:
        super().__init__()
        self._refresh_statistics = refresh_statistics
        self._trained: Arrays | None = None

    def average(self) -> Arrays:
        """Return the average of each trainable weight of the model."""
        raise NotImplementedError

    def on_epoch_begin(self, *_: Any) -> None:
        """Restore the trained weights."""
        if self._trained is not None:
            self.model.set_weights(self._trained)
            self._trained = None

    def on_test_begin(self, *_: Any) -> None:
        """Store the trained weights, and set their average."""
        average = self.average()
        self._trained = self.model.get_weights()
        for weight, value in zip(self.model.trainable_weights, average, strict=True):
            weight.assign(value)
        self._refresh_statistics()


class LastEpochs(WeightAverage):
    """Mean of the weights at the ends of the last `epochs` epochs, or of fewer at the beginning.

    Source: Izmailov et al. 2018, "Averaging weights leads to wider optima and better generalization", algorithm 1.
    """

    def __init__(self, epochs: int, refresh_statistics: Callable[[], None]) -> None:
        super().__init__(refresh_statistics)
        self._snapshots: deque[Arrays] = deque(maxlen=epochs)

    def average(self) -> Arrays:
        """Add the epoch's weights, and return the mean."""
        self._snapshots.append([weight.numpy() for weight in self.model.trainable_weights])
        return [np.mean(values, axis=0) for values in zip(*self._snapshots, strict=True)]


class MovingAverage(WeightAverage):
    """Exponential moving average that Keras's optimizers keep (`use_ema`).

    With gradient accumulation, Keras adds the unchanged weights at every step between two updates; this class adds them
    once for each update.
    """

    def __init__(self, momentum: float, refresh_statistics: Callable[[], None]) -> None:
        super().__init__(refresh_statistics)
        self._momentum = momentum

    def set_model(self, model: keras.Model) -> None:
        """Make the optimizer keep the average; called before it is built."""
        super().set_model(model)
        optimizer = innermost(model.optimizer)
        optimizer.use_ema, optimizer.ema_momentum = True, self._momentum
        if steps := optimizer.gradient_accumulation_steps:
            wrap_moving_average(optimizer, partial(_once_an_update, optimizer, steps))

    def average(self) -> Arrays:
        """Return Keras's average."""
        return [average.numpy() for average in moving_averages(innermost(self.model.optimizer))]


def _once_an_update(optimizer: Any, steps: int, average: Callable[[Any], None], variables: Any) -> None:
    is_update = keras.ops.equal((steps_taken(optimizer) + 1) % steps, 0)  # counts steps, and grows after the step
    keras.ops.cond(is_update, lambda: average(variables), lambda: None)
