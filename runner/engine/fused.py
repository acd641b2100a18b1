"""Fused forms of Adam's update and of the L2 penalty: the same formula in fewer passes over the parameters.

A step of a small model spends its time on passes over the weights and on launching small operations. For each variable,
Keras needs about fifteen operations for Adam and six for the L2 penalty with its gradient; TensorFlow has a kernel for
the first and a shorter form for the second. Both use Keras's state and settings; Keras still performs clipping, weight
decay, gradient accumulation and weight averaging.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from runner.engine.keras_internals import moments_of, update_replaced


@contextmanager
def fused(model: keras.Model) -> Iterator[None]:
    """Make a compiled model use the fused forms in the block wherever they compute the same formula."""
    optimizer = model.optimizer
    is_adam = getattr(type(optimizer), "update_step", None) is keras.optimizers.Adam.update_step
    with ExitStack() as stack:
        for weight in model.trainable_weights:
            if type(weight.regularizer) is keras.regularizers.L2:
                stack.callback(setattr, weight, "regularizer", weight.regularizer)
                weight.regularizer = partial(_l2_penalty, weight.regularizer)
        # Layer-wise rates are part of each variable's own update.
        if is_adam and not optimizer.amsgrad and "update_step" not in vars(optimizer):
            stack.enter_context(update_replaced(optimizer, partial(_adam_update, optimizer)))
        yield


def _l2_penalty(penalty: keras.regularizers.L2, weight: tf.Tensor) -> tf.Tensor:
    """Return strength * sum w^2, computed by an operation whose gradient is one product."""
    return 2.0 * penalty.l2 * tf.nn.l2_loss(weight)


def _adam_update(optimizer: Any, gradients: Sequence[Any], variables: Sequence[Any], learning_rate: Any) -> None:
    """Apply Adam (Kingma & Ba 2015, algorithm 1) in the order of section 2: epsilon is added to the uncorrected root.

    m <- m + (g - m)(1 - b1);  v <- v + (g^2 - v)(1 - b2)
    w <- w - rate sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + eps)
    """
    step = keras.ops.cast(optimizer.iterations + 1, "float32")
    beta_1_power, beta_2_power = tf.pow(optimizer.beta_1, step), tf.pow(optimizer.beta_2, step)
    for gradient, variable in zip(gradients, variables, strict=True):
        momentum, velocity = moments_of(optimizer, variable)
        dtype = variable.dtype
        tf.raw_ops.ResourceApplyAdam(
            var=_handle(variable),
            m=_handle(momentum),
            v=_handle(velocity),
            beta1_power=tf.cast(beta_1_power, dtype),
            beta2_power=tf.cast(beta_2_power, dtype),
            lr=tf.cast(learning_rate, dtype),
            beta1=tf.constant(optimizer.beta_1, dtype),
            beta2=tf.constant(optimizer.beta_2, dtype),
            epsilon=tf.constant(optimizer.epsilon, dtype),
            grad=tf.cast(tf.convert_to_tensor(gradient), dtype),
        )


def _handle(variable: Any) -> Any:
    return (variable.value if isinstance(variable, keras.Variable) else variable).handle
