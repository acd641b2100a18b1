"""Base learning rate as a variable, so that a compiled epoch also trains runs with a different rate."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

from runner.engine.keras_internals import replaced, schedule_of
from runner.optim.keras_internals import innermost

_schedules = keras.optimizers.schedules
# These schedules turn this attribute, and nothing that depends on it, into a tensor in each step, with the same bits as
# a constant. CosineDecayRestarts is missing, because TensorFlow first multiplies a constant rate by the factor of
# m_mul.
_SCALABLE = (
    _schedules.CosineDecay,
    _schedules.ExponentialDecay,
    _schedules.InverseTimeDecay,
    _schedules.PolynomialDecay,
)
_RATE = "initial_learning_rate"


class BaseRate:
    """The base rate of an optimizer's schedule. A rate without a schedule is already a Keras variable."""

    def __init__(self, optimizer: keras.optimizers.Optimizer) -> None:
        self._schedule = _scalable(optimizer)
        self._variable = tf.Variable(getattr(self._schedule, _RATE, 0.0), dtype="float32", trainable=False)

    @property
    def value(self) -> float:
        """The base rate; 0 if there is no schedule with one."""
        return float(getattr(self._schedule, _RATE, 0.0))

    @contextmanager
    def as_variable(self, variable: Any = None) -> Iterator[None]:
        """Let functions that are compiled in the block read the rate from a variable.

        Args:
            variable: a variable or a tensor to use instead of the object's own variable.
        """
        if self._schedule is None:
            yield
            return
        with replaced(self._schedule, **{_RATE: self._variable if variable is None else variable}):
            yield

    def copy(self, other: keras.optimizers.Optimizer) -> None:
        """Copy the rate of another optimizer, with the same `other_constants`."""
        if (schedule := _scalable(other)) is not None:
            setattr(self._schedule, _RATE, getattr(schedule, _RATE))
            self._variable.assign(getattr(schedule, _RATE))


def other_constants(optimizer: keras.optimizers.Optimizer) -> dict[str, Any] | None:
    """Return the other values on which a compiled epoch depends; None if it also depends on the base rate."""
    if not isinstance(schedule_of(innermost(optimizer)), _schedules.LearningRateSchedule):
        return {}
    if (schedule := _scalable(optimizer)) is None:
        return None
    return {name: value for name, value in schedule.get_config().items() if name != _RATE}


def _scalable(optimizer: keras.optimizers.Optimizer) -> Any:
    schedule = schedule_of(innermost(optimizer))
    return schedule if type(schedule) in _SCALABLE else None
