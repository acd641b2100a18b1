"""SGD's momentum and the strengths of L2 penalties as variables.

Runs with different values can therefore share a compiled epoch.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import keras
import tensorflow as tf

from runner.engine.keras_internals import replaced
from runner.optim.keras_internals import innermost

_L2 = "keras.regularizers.L2"
_ANY = "any above 0"  # in a key


class Strengths:
    """The momentum and the penalties of a model; those of 0 stay constants, because Keras builds no state for them."""

    def __init__(self, model: keras.Model) -> None:
        self._optimizer = _with_momentum(model)
        self._momentum = _variable(self._optimizer.momentum if self._optimizer else 0.0)
        self._penalties = _penalties(model)
        self._strengths = {id(one): _variable(one.l2) for one in self._penalties}

    @contextmanager
    def as_variables(self) -> Iterator[None]:
        """Let functions that are compiled in the block read the values from variables."""
        with ExitStack() as stack:
            if self._optimizer:
                stack.enter_context(replaced(self._optimizer, momentum=_Momentum(self._momentum)))
            for penalty in {id(one): one for one in self._penalties}.values():
                stack.enter_context(replaced(penalty, l2=self._strengths[id(penalty)]))
            yield

    def copy(self, model: keras.Model) -> None:
        """Copy the values of another model with the same `without_strengths`."""
        if self._optimizer:
            self._optimizer.momentum = _with_momentum(model).momentum
            self._momentum.assign(self._optimizer.momentum)
        for own, other in zip(self._penalties, _penalties(model), strict=True):
            own.l2 = other.l2
            self._strengths[id(own)].assign(other.l2)


class _Momentum:
    """Variable in place of a positive number, which Keras compares with 0 before converting it to a tensor."""

    def __init__(self, variable: Any) -> None:
        self._variable = variable

    def __ne__(self, _: object) -> bool:
        return True

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> tf.Tensor:
        return tf.convert_to_tensor(self._variable, dtype=dtype, name=name)


def without_strengths(config: Mapping[str, Any], model: keras.Model) -> dict[str, Any]:
    """Return a configuration without the values that `Strengths` turns into variables."""
    key = dict(config)
    if _with_momentum(model):
        key["optimizer"] = key["optimizer"] | {"momentum": _ANY}
    if _penalties(model):
        key["regularizer"] = {
            name: part | {"l2": _ANY} if part["_target_"] == _L2 and part.get("l2", 0) > 0 else part
            for name, part in key["regularizer"].items()
        }
    return key


def _with_momentum(model: keras.Model) -> Any:
    optimizer = innermost(model.optimizer)
    return optimizer if type(optimizer) is keras.optimizers.SGD and optimizer.momentum else None


def _penalties(model: keras.Model) -> list[Any]:
    """Return the L2 penalty of each weight that has one; several weights may share it."""
    found = [weight.regularizer for weight in model.weights if isinstance(weight, keras.Variable)]
    return [one for one in found if type(one) is keras.regularizers.L2 and one.l2 > 0]


def _variable(value: float) -> Any:
    return tf.Variable(value, dtype="float32", trainable=False)
