"""Recomputation of batch normalization's moving statistics, for averaged weights."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from runner.data.dataset import Part
from runner.engine.keras_internals import layers_within
from runner.engine.setup.device import on_device


def statistics_refresher(model: keras.Model, data: Part, batch_size: int) -> Callable[[], None]:
    """Return a function that sets every moving mean and variance to its mean over the data's full batches.

    Source: Izmailov et al. 2018, "Averaging weights leads to wider optima and better generalization", sec. 3.2.
    """
    layers = [layer for layer in layers_within(model) if isinstance(layer, keras.layers.BatchNormalization)]
    if not layers:
        return lambda: None
    inputs = on_device(data.inputs)
    batch_size = min(batch_size, len(data))

    def one_batch(batch: tf.Tensor) -> tuple[tf.Tensor]:
        momentum = tf.cast(batch, tf.float32) / tf.cast(
            batch + 1, tf.float32
        )  # makes the moving mean an arithmetic mean
        start = [batch * batch_size] + [0] * (inputs.shape.rank - 1)
        momenta = [layer.momentum for layer in layers]
        try:
            for layer in layers:
                object.__setattr__(layer, "momentum", momentum)
            model(tf.slice(inputs, start, [batch_size] + [-1] * (inputs.shape.rank - 1)), training=True)
        finally:
            for layer, before in zip(layers, momenta, strict=True):
                object.__setattr__(layer, "momentum", before)
        return (batch + 1,)

    @tf.function(autograph=False)
    def refresh() -> Any:
        batches = len(data) // batch_size
        return tf.while_loop(lambda batch: batch < batches, one_batch, [tf.constant(0)], parallel_iterations=1)

    return lambda: refresh() and None
