"""The training loop: one call into TensorFlow an epoch."""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from runner.data.dataset import Part
from runner.data.streams import Stream, seed_sequence
from runner.engine.checkpoint import Checkpoint, Progress
from runner.engine.diagnostics import ClippingRate, Diagnostic, innermost
from runner.engine.evaluation import Evaluator, read_metrics, shortest
from runner.engine.fused import fused
from runner.records.record import Row

Order = Callable[[int], np.ndarray]  # epoch (from 0) -> a permutation of the training examples
Augment = Callable[[Any, Any], tuple[Any, Any]]  # a batch's inputs and labels -> what is trained on instead


def shuffled(seed: int, examples: int) -> Order:
    """Return the order of the examples in an epoch, as a function of the seed and the epoch alone."""
    return lambda epoch: np.random.default_rng(seed_sequence(seed, Stream.SHUFFLE, epoch)).permutation(examples)


def one_kernel(function: Augment) -> Augment:
    """Return the function compiled by XLA, also on a CPU: many small operations become one loop over the pixels."""
    compiled: Augment = tf.function(function, jit_compile=True)
    return compiled


def train(
    model: keras.Model,
    data: Part,
    validation: Evaluator,
    *,
    epochs: int,
    batch_size: int,
    order: Order,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    augment: Augment | None = None,
    diagnostics: Sequence[Diagnostic] = (),
    jit_compile: bool = False,
    checkpoint: Checkpoint | None = None,
) -> Iterator[Row]:
    """Train a compiled model as `model.fit` does, and yield each epoch as it ends.

    A step is the model's own `train_step`, so that loss, metrics, regularizers, clipping and the rest are Keras's. The
    last batch of an epoch is smaller where the batch size does not divide the data, and is trained on too. Callbacks
    are called at the start and end of the training and of each epoch, with the logs that `fit` gives them; a metric
    they add to the logs is in the row.

    The training ends early when a callback sets `model.stop_training`, or when a loss is not finite.

    Args:
        augment: changes each training batch, on the device.
        diagnostics: watch the steps; their rows are there when an epoch is yielded.
        checkpoint: takes in the state at the end of every epoch. Where it has one already, the epochs that it has seen
            are yielded as they were, and the training goes on from there.

    Yields:
        epoch (from 1), the logs (loss, accuracy, val_loss, ...), learning_rate (of the epoch's last step), clipped (the
        share of updates, where gradients are clipped), and seconds (of training and validation).
    """
    optimizer = model.optimizer
    steps = math.ceil(len(data) / batch_size)
    watchers = keras.callbacks.CallbackList(callbacks, model=model, epochs=epochs, steps=steps)
    optimizer.build(model.trainable_variables)
    model.stop_training = False
    clipping = ClippingRate(optimizer)
    with ExitStack() as stack:
        for watching in (fused(model), clipping.watching(), *(one.watching(model, steps) for one in diagnostics)):
            stack.enter_context(watching)
        run_epoch = _compiled_epoch(model, data, batch_size, augment, jit_compile)
        watchers.on_train_begin()
        progress = checkpoint.begin(model, [*callbacks, *diagnostics], augment) if checkpoint else Progress()
        yield from progress.rows
        for epoch in range(len(progress.rows), epochs):
            if _is_over(model, progress.logs):
                break
            started = time.perf_counter()
            watchers.on_epoch_begin(epoch)
            model.reset_metrics()
            run_epoch(tf.constant(order(epoch), tf.int32))
            logs = read_metrics(model)
            measured = {"learning_rate": _last_learning_rate(optimizer)} | clipping.end_epoch()
            for diagnostic in diagnostics:
                diagnostic.end_epoch()
            watchers.on_test_begin()
            logs |= {f"val_{name}": value for name, value in validation.evaluate().items()}
            watchers.on_test_end(logs)
            seconds = time.perf_counter() - started
            watchers.on_epoch_end(epoch, logs)
            row = {"epoch": epoch + 1} | shortest(logs | measured) | {"seconds": seconds}
            progress = Progress([*progress.rows, row], logs)
            if checkpoint:
                checkpoint.save(progress)
            yield row
        optimizer.finalize_variable_values(model.trainable_weights)  # averaged weights, where the optimizer keeps them
        watchers.on_train_end(progress.logs)


def _is_over(model: keras.Model, logs: Mapping[str, float]) -> bool:
    """Say whether an epoch with these logs (none before the first) was the last."""
    return bool(logs) and (model.stop_training or not all(math.isfinite(logs[name]) for name in ("loss", "val_loss")))


def _compiled_epoch(model: keras.Model, data: Part, batch_size: int, augment: Augment | None, jit_compile: bool) -> Any:
    inputs, labels = tf.constant(data.inputs), tf.constant(data.labels)
    # XLA also compiles a loop that is never entered, and refuses a slice that is longer than the data.
    batch_size = min(batch_size, len(data))
    full_batches, rest = divmod(len(data), batch_size)

    def step(chosen: tf.Tensor) -> None:
        batch = tf.gather(inputs, chosen), tf.gather(labels, chosen)
        model.train_step(augment(*batch) if augment else batch)

    @tf.function(jit_compile=jit_compile)
    def run_epoch(permutation: tf.Tensor) -> None:
        def one_full_batch(batch: tf.Tensor) -> tuple[tf.Tensor]:
            # tf.slice, not indexing: its size is static, which XLA asks for.
            step(tf.slice(permutation, [batch * batch_size], [batch_size]))
            return (batch + 1,)

        tf.while_loop(lambda batch: batch < full_batches, one_full_batch, [tf.constant(0)], parallel_iterations=1)
        if rest:
            step(permutation[full_batches * batch_size :])

    return run_epoch


def _last_learning_rate(optimizer: keras.optimizers.Optimizer) -> float:
    optimizer = innermost(optimizer)
    schedule = optimizer._learning_rate
    if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
        # Not `iterations`, which counts updates: where gradients are accumulated, a schedule still goes by steps.
        return float(schedule(optimizer._iterations - 1))
    return float(optimizer.learning_rate)
