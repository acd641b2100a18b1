"""Keras's Adam update in one kernel instead of some fifteen passes over the parameters."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import keras
import tensorflow as tf


@contextmanager
def fused_updates(optimizer: keras.optimizers.Optimizer) -> Iterator[None]:
    """Replace the update of one variable for as long as the block lasts, where a kernel computes the very same.

    Clipping, weight decay, gradient accumulation and averaging of weights happen around that update and stay Keras's.
    """
    inherits_adam = getattr(type(optimizer), "update_step", None) is keras.optimizers.Adam.update_step
    if not inherits_adam or optimizer.amsgrad:
        yield
        return
    optimizer.update_step = partial(_adam_step, optimizer)
    try:
        yield
    finally:
        del optimizer.update_step


def _adam_step(optimizer: Any, gradient: tf.Tensor, variable: Any, learning_rate: tf.Tensor) -> None:
    """Apply Kingma & Ba 2015, algorithm 1, in the order of their section 2 (epsilon added to the uncorrected root).

    m <- m + (g - m)(1 - b1);  v <- v + (g^2 - v)(1 - b2)
    w <- w - rate sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + eps)
    """
    index = optimizer._get_variable_index(variable)
    step = tf.cast(optimizer.iterations.value + 1, variable.dtype)
    tf.raw_ops.ResourceApplyAdam(
        var=_handle(variable),
        m=_handle(optimizer._momentums[index]),
        v=_handle(optimizer._velocities[index]),
        beta1_power=tf.pow(tf.cast(optimizer.beta_1, variable.dtype), step),
        beta2_power=tf.pow(tf.cast(optimizer.beta_2, variable.dtype), step),
        lr=tf.cast(learning_rate, variable.dtype),
        beta1=tf.cast(optimizer.beta_1, variable.dtype),
        beta2=tf.cast(optimizer.beta_2, variable.dtype),
        epsilon=tf.cast(optimizer.epsilon, variable.dtype),
        grad=tf.cast(tf.convert_to_tensor(gradient), variable.dtype),
    )


def _handle(variable: Any) -> Any:
    return (variable.value if isinstance(variable, keras.Variable) else variable).handle
