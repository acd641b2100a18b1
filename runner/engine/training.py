"""Training loop with one TensorFlow call for each epoch."""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf

from runner.core.streams import Stream, seed_sequence
from runner.data.dataset import Part
from runner.engine.checkpoints.checkpoint import Checkpoint, Progress
from runner.engine.diagnostics import ClippingRate, Diagnostic
from runner.engine.evaluation import Evaluator, read_metrics, shortest
from runner.engine.fused import fused
from runner.engine.keras_internals import custom_gradients_forgotten, schedule_of
from runner.engine.setup.device import on_device
from runner.engine.variables.base_rate import BaseRate
from runner.engine.variables.strengths import Strengths
from runner.optim.keras_internals import innermost, steps_taken
from runner.records.record import Row

Order = Callable[[int], np.ndarray]  # epoch (from 0) -> a permutation of the training examples
_MEASURED = 5  # the time of an epoch is estimated from a fifth of it
Augment = Callable[[Any, Any], tuple[Any, Any]]  # inputs and labels of a batch -> augmented ones


def shuffled(seed: int, examples: int) -> Order:
    """Return the order of the examples in each epoch, a function of only the seed and the epoch."""
    return lambda epoch: np.random.default_rng(seed_sequence(seed, Stream.SHUFFLE, epoch)).permutation(examples)


def one_kernel(function: Augment) -> Augment:
    """Compile a function with XLA, also on a CPU: many small operations become one loop over the pixels."""
    compiled: Augment = tf.function(function, jit_compile=True, autograph=False)
    return compiled


def train(
    epoch: "CompiledEpoch",
    validation: Evaluator,
    *,
    epochs: int,
    order: Order,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    diagnostics: Sequence[Diagnostic] = (),
    checkpoint: Checkpoint | None = None,
) -> Iterator[Row]:
    """Train a compiled model as `model.fit` does on the same batches, and yield each epoch as it ends.

    Unlike Keras 3.15.1 after `keras.utils.set_random_seed`, `order` does not repeat one shuffle in every epoch.

    A step is the model's own `train_step`, so loss, metrics, regularizers and clipping are Keras's. If the batch
    size does not divide the data, the last batch of an epoch is smaller. Callbacks are called at the start and end of
    the training and of each epoch, with the same logs as in `fit`.

    The training ends early when a callback sets `model.stop_training`, or when a loss is not finite.

    Args:
        diagnostics: observers of the steps, whose rows are complete when an epoch is yielded. They need an
            `epoch` that has not been run before.
        checkpoint: stores the state after every epoch. If it already contains a state, its epochs are yielded
            unchanged, and the training continues from there.

    Yields:
        epoch (from 1), the logs (loss, accuracy, val_loss, ...), learning_rate (of the epoch's last step), clipped
        (share of updates, if the optimizer clips), and seconds (of training and validation).
    """
    training = Training(epoch, epochs, order, callbacks, diagnostics, checkpoint)
    with epoch.compiling(diagnostics):
        yield from training.begin()
        while not training.is_over:
            started = time.perf_counter()
            epoch.run(training.begin_epoch())
            training.begin_validation()
            measured = validation.evaluate()
            yield training.end_epoch(measured, time.perf_counter() - started)
        training.end()


class Trainable(Protocol):
    """A model to train, with the augmentation and observers of its steps."""

    @property
    def model(self) -> keras.Model:
        """The model, with a built optimizer once training begins."""

    @property
    def steps(self) -> int:
        """The number of steps in each epoch."""

    @property
    def augment(self) -> Augment | None:
        """The augmentation, which may have a state."""

    @property
    def clipping(self) -> ClippingRate:
        """The count of clipped updates."""


class Training:
    """The state of a training run between the compiled calls: its progress, its callbacks and its checkpoint."""

    def __init__(
        self,
        subject: Trainable,
        epochs: int,
        order: Order,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        diagnostics: Sequence[Diagnostic] = (),
        checkpoint: Checkpoint | None = None,
    ) -> None:
        """See `train`."""
        self._subject = subject
        self._model = subject.model
        self._epochs = epochs
        self._order = order
        self._callbacks = callbacks
        self._diagnostics = diagnostics
        self._checkpoint = checkpoint
        self._watchers = keras.callbacks.CallbackList(
            callbacks, model=self._model, epochs=epochs, steps=subject.steps, verbose=0
        )
        self._model.stop_training = False
        self._progress = Progress()

    def begin(self) -> list[Row]:
        """Begin or continue training; return the epochs of its checkpoint."""
        self._watchers.on_train_begin()
        if self._checkpoint:
            owners = [*self._callbacks, *self._diagnostics]
            self._progress = self._checkpoint.begin(self._model, owners, self._subject.augment)
        return self._progress.rows

    @property
    def is_over(self) -> bool:
        """True if the last epoch has ended."""
        return len(self._progress.rows) >= self._epochs or _is_over(self._model, self._progress.logs)

    def begin_epoch(self) -> np.ndarray:
        """Return the order of the examples in the epoch that begins."""
        number = len(self._progress.rows)
        self._watchers.on_epoch_begin(number)
        self._model.reset_metrics()
        return self._order(number)

    def begin_validation(self) -> None:
        """Take the epoch's metrics; callbacks may change the model until the epoch's end."""
        self._logs = read_metrics(self._model)
        rate = {"learning_rate": _last_learning_rate(self._model.optimizer)}
        self._measured = rate | self._subject.clipping.end_epoch()
        for diagnostic in self._diagnostics:
            diagnostic.end_epoch()
        self._watchers.on_test_begin()

    def end_epoch(self, validation: Mapping[str, float], seconds: float) -> Row:
        """Return the row of the epoch.

        Args:
            validation: the loss and the metrics on the validation data.
            seconds: of training and validation.
        """
        logs = self._logs | {f"val_{name}": value for name, value in validation.items()}
        self._watchers.on_test_end(logs)
        number = len(self._progress.rows)
        self._watchers.on_epoch_end(number, logs)
        row = {"epoch": number + 1} | shortest(logs | self._measured) | {"seconds": seconds}
        self._progress = Progress([*self._progress.rows, row], logs)
        if self._checkpoint:
            self._checkpoint.save(self._progress)
        return row

    def end(self) -> None:
        """End training: callbacks may restore weights, and an optimizer sets those that it has averaged."""
        self._model.optimizer.finalize_variable_values(self._model.trainable_weights)
        self._watchers.on_train_end(self._progress.logs)


def _is_over(model: keras.Model, logs: Mapping[str, float]) -> bool:
    """Return whether an epoch with these logs (none before the first) was the last."""
    return bool(logs) and (model.stop_training or not all(math.isfinite(logs[name]) for name in ("loss", "val_loss")))


class CompiledEpoch:
    """A training epoch of a model on its data, compiled at its first run.

    It uses the current values of the model's and the optimizer's variables and of the base learning rate, so a run with
    a different seed or rate needs no new compilation.
    """

    def __init__(
        self,
        model: keras.Model,
        data: Part,
        batch_size: int,
        augment: Augment | None = None,
        *,
        jit_compile: bool = False,
        strengths: Strengths | None = None,
    ) -> None:
        self.model = model
        self._examples = len(data)
        self.steps = math.ceil(len(data) / batch_size)
        self.augment = augment
        self.clipping = ClippingRate(model.optimizer)
        self.rate = BaseRate(model.optimizer)
        self._is_fixed = jit_compile
        values = (self.rate, strengths or Strengths(model))
        self._run = _compiled_epoch(model, data, batch_size, augment, values, jit_compile)

    @contextmanager
    def compiling(self, diagnostics: Sequence[Diagnostic]) -> Iterator[None]:
        """Compile the epoch in this block, with the fused forms and the diagnostics."""
        self.model.optimizer.build(self.model.trainable_variables)
        self.clipping.end_epoch()  # resets counts of an earlier run's failed epoch
        with ExitStack() as stack:
            stack.enter_context(custom_gradients_forgotten())
            stack.enter_context(fused(self.model))
            stack.enter_context(self.clipping.watching())
            for diagnostic in diagnostics:
                stack.enter_context(diagnostic.watching(self.model, self.steps))
            yield

    def compile(self) -> None:
        """Compile the epoch ahead of its first run, which may change the model's variables."""
        with self.compiling(()):
            if self._is_fixed:
                self._run.get_concrete_function(tf.TensorSpec([self._examples], tf.int32), tf.TensorSpec([], tf.int32))
            else:
                self._run(tf.range(self._examples), tf.constant(1))  # TensorFlow optimizes the graph in its first call

    def run(self, order: np.ndarray) -> None:
        """Train on every example once, in the given order."""
        self._run(tf.constant(order, tf.int32), tf.constant(self.steps))

    def seconds(self) -> float:
        """Estimate the seconds of an epoch by training a part of it, which changes the model's variables."""
        self.compile()
        order, part = tf.range(self._examples), math.ceil(self.steps / _MEASURED)
        with self.compiling(()):
            if self._is_fixed:
                self._run(order, tf.constant(1))
            started = time.perf_counter()
            self._run(order, tf.constant(part))
            return (time.perf_counter() - started) * (1 if self._is_fixed else self.steps / part)


def _compiled_epoch(
    model: keras.Model,
    data: Part,
    batch_size: int,
    augment: Augment | None,
    values: tuple[BaseRate, Strengths],
    jit_compile: bool,
) -> Any:
    inputs, labels = on_device(data.inputs), on_device(data.labels)
    # XLA compiles even a loop that is never entered, and rejects a slice longer than the data.
    batch_size = min(batch_size, len(data))
    full_batches, rest = divmod(len(data), batch_size)
    rate, strengths = values

    def step(chosen: tf.Tensor) -> None:
        batch = tf.gather(inputs, chosen), tf.gather(labels, chosen)
        with rate.as_variable(), strengths.as_variables():
            model.train_step(augment(*batch) if augment else batch)

    @tf.function(jit_compile=jit_compile, autograph=False)
    def run_epoch(permutation: tf.Tensor, most: tf.Tensor) -> None:
        # XLA needs the number of batches: otherwise, a GPU waits for the CPU's decision after each of them.
        batches = full_batches if jit_compile else tf.minimum(most, full_batches)

        def one_full_batch(batch: tf.Tensor) -> tuple[tf.Tensor]:
            # tf.slice instead of indexing: XLA needs a static size.
            step(tf.slice(permutation, [batch * batch_size], [batch_size]))
            return (batch + 1,)

        tf.while_loop(lambda batch: batch < batches, one_full_batch, [tf.constant(0)], parallel_iterations=1)
        if rest:
            step(permutation[full_batches * batch_size :])

    return run_epoch


def _last_learning_rate(optimizer: keras.optimizers.Optimizer) -> float:
    optimizer = innermost(optimizer)
    schedule = schedule_of(optimizer)
    if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
        # A schedule counts steps even with gradient accumulation; `iterations` would count updates.
        return float(schedule(steps_taken(optimizer) - 1))
    return float(optimizer.learning_rate)
