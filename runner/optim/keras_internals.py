"""Access to private APIs of Keras's optimizers."""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras

CHECKED_WITH = "Keras 3.15.1"

Wrapper = Callable[[Callable[[Any], None], Any], None]  # called with the wrapped function and its argument


def innermost(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Return the optimizer itself, without mixed_float16's wrapper that scales the loss."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def variable_key(optimizer: keras.optimizers.Optimizer, variable: Any) -> Any:
    """Return a key that a Keras variable and the TensorFlow variable in it have in common."""
    return optimizer._var_key(variable)


def steps_taken(optimizer: keras.optimizers.Optimizer) -> Any:
    """Return the counter of steps, which, unlike `iterations`, also counts those that only accumulate gradients."""
    return optimizer._iterations


def wrap_weight_decay(optimizer: keras.optimizers.Optimizer, wrapper: Wrapper) -> None:
    """Wrap the optimizer's decoupled weight decay, a function of a list of variables."""
    optimizer._apply_weight_decay = partial(wrapper, optimizer._apply_weight_decay)


def wrap_moving_average(optimizer: keras.optimizers.Optimizer, wrapper: Wrapper) -> None:
    """Wrap the optimizer's update of its moving averages, a function of a list of variables."""
    optimizer._update_model_variables_moving_average = partial(
        wrapper, optimizer._update_model_variables_moving_average
    )


def moving_averages(optimizer: keras.optimizers.Optimizer) -> list[keras.Variable]:
    """Return the moving average of each trainable weight, which a built optimizer with `use_ema` keeps."""
    averages: list[keras.Variable] = optimizer._model_variables_moving_average
    return averages
