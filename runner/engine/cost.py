"""Cost of a model's forward pass in FLOPs."""

import contextlib
import io

import keras
import tensorflow as tf


def flops_per_example(model: keras.Model) -> int:
    """Return the floating-point operations of one example's forward pass, counted by TensorFlow's profiler.

    A multiply-add counts as two.
    """
    forward = tf.function(lambda batch: model(batch, training=False), autograph=False)
    graph = forward.get_concrete_function(tf.TensorSpec((1, *model.input_shape[1:]), tf.float32)).graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    with contextlib.redirect_stdout(io.StringIO()):
        return int(tf.compat.v1.profiler.profile(graph, options=options).total_float_ops)
