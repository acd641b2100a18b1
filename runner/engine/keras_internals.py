"""Access to private APIs of Keras and TensorFlow."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

import keras
from keras.src.optimizers.base_optimizer import BaseOptimizer
from tensorflow.python import pywrap_tfe
from tensorflow.python.client import device_lib
from tensorflow.python.eager import context
from tensorflow.python.framework import ops
from tensorflow.python.ops.parallel_for import pfor

CHECKED_WITH = "Keras 3.15.1 and TensorFlow 2.21.0"


@contextmanager
def replaced(target: Any, **attributes: Any) -> Iterator[None]:
    """Set attributes of `target` in the block, and restore the previous ones afterwards."""
    before = {name: vars(target)[name] for name in attributes if name in vars(target)}
    for name, value in attributes.items():
        object.__setattr__(target, name, value)  # bypasses Keras's tracking, which is meant for state
    try:
        yield
    finally:
        for name in attributes:
            vars(target).pop(name)
        vars(target).update(before)


@contextmanager
def kernels_kept() -> Iterator[None]:
    """Keep TensorFlow's kernels when the block sets a seed or clears Keras's session.

    Otherwise, the first call of each compiled function optimizes its graph again. Only operations with a random state
    in their kernel need a new one, to start again from the seed; neither Keras nor this package uses them.
    """
    with replaced(pywrap_tfe, TFE_ContextClearCaches=lambda _: None):
        yield


def discard_kernels() -> None:
    """Discard all kernels of TensorFlow, with their memory."""
    context.context().clear_kernel_cache()


@contextmanager
def custom_gradients_forgotten() -> Iterator[None]:
    """Remove the custom gradients registered in the block when it ends.

    TensorFlow keeps each gradient forever, with its graph and the data in the graph, so a process that compiles several
    runs would keep all their training sets. Keras's optimizers register a gradient in every run. A compiled epoch
    is never differentiated again.
    """
    registered = ops.gradient_registry._registry
    before = set(registered)
    try:
        yield
    finally:
        for name in registered.keys() - before:
            if name.startswith("CustomGradient-"):
                del registered[name]


def layers_within(model: keras.Model) -> list[keras.layers.Layer]:
    """Return all layers of a model, including those inside other layers, in a fixed order."""
    layers: list[keras.layers.Layer] = model._flatten_layers(include_self=False)
    return layers


def moments_of(optimizer: keras.optimizers.Adam, variable: Any) -> tuple[Any, Any]:
    """Return the first and the second moment that a built Adam keeps of a variable's gradient."""
    index = optimizer._get_variable_index(variable)
    return optimizer._momentums[index], optimizer._velocities[index]


def update_replaced(optimizer: keras.optimizers.Optimizer, update: Callable[..., Any]) -> AbstractContextManager[None]:
    """Replace the joint update of all variables in the block: update(gradients, variables, learning_rate)."""
    return replaced(optimizer, _backend_update_step=update)


def updates_stateless(optimizer: keras.optimizers.Optimizer) -> AbstractContextManager[None]:
    """Make the optimizer's `apply` change values of a `keras.StatelessScope` in the block, instead of variables.

    Keras's own `stateless_apply` does not support TensorFlow.

    Raises:
        ValueError: if the optimizer's class overrides a method that would be replaced.
    """
    names = ("assign", "assign_add", "assign_sub", "_apply_weight_decay", "_backend_update_step")
    if any(getattr(type(optimizer), name) is not getattr(keras.optimizers.Optimizer, name) for name in names):
        raise ValueError(f"the optimizer {type(optimizer).__name__} has its own implementation of the update")
    methods: dict[str, Any] = {name: partial(getattr(BaseOptimizer, name), optimizer) for name in names}
    return replaced(optimizer, _var_key=lambda variable: variable._value._unique_id, **methods)


def vectorization_rule(operation: str) -> Callable[[Callable[..., Sequence[Any]]], None]:
    """Return a decorator that registers a function as the rule of `tf.vectorized_map` for an operation.

    The function takes the conversion's input, and returns the outputs for all elements of the map.
    """

    def register(rule: Callable[..., Sequence[Any]]) -> None:
        pfor.RegisterPFor(operation)(lambda given: [pfor.wrap(output, True) for output in rule(given)])

    return register


def clipping_wrapped(
    optimizer: keras.optimizers.Optimizer, wrapper: Callable[[Callable[[Any], Any], Any], Any]
) -> AbstractContextManager[None]:
    """Wrap the optimizer's clipping (a function of a list of gradients) in the block.

    Args:
        wrapper: called with the wrapped function and the gradients.
    """
    return replaced(optimizer, _clip_gradients=partial(wrapper, optimizer._clip_gradients))


def schedule_of(optimizer: keras.optimizers.Optimizer) -> Any:
    """Return the schedule of an optimizer's learning rate, or its variable if it has none."""
    return optimizer._learning_rate


def learning_rate_replaced(
    optimizer: keras.optimizers.Optimizer, schedule: keras.optimizers.schedules.LearningRateSchedule
) -> AbstractContextManager[None]:
    """Give the optimizer a different schedule in the block, without changing its state."""
    return replaced(optimizer, _learning_rate=schedule)


def better_direction(metric: keras.metrics.Metric) -> str | None:
    """Return "up" if higher values of a metric are better, "down" if lower ones are, None if Keras does not know."""
    return getattr(metric, "_direction", None)


def gpu_memory() -> int:
    """Return the bytes of memory that TensorFlow may use on the first GPU."""
    return int(next(one.memory_limit for one in device_lib.list_local_devices() if one.device_type == "GPU"))
