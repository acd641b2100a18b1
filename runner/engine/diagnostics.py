"""Diagnostics measured inside the compiled training loop."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Protocol

import keras
import numpy as np
import tensorflow as tf

from runner.engine.keras_internals import clipping_wrapped, replaced
from runner.models.patterns import trainable_layers
from runner.optim.keras_internals import innermost
from runner.records.record import Row


class Diagnostic(Protocol):
    """Observer of training that collects a table."""

    file: ClassVar[str]  # the table's name in the run directory
    rows: list[Row]

    def watching(self, model: keras.Model, steps: int) -> Any:
        """Return a context manager within which the model's steps are traced and run, `steps` in each epoch."""

    def end_epoch(self) -> None:
        """Add the epoch's rows to the table."""


class GradientNorms:
    """L2 norms of each layer's gradient (mean over the epoch's steps) and of its weights (at the epoch's end).

    The gradient includes the loss's penalties, before clipping.
    """

    file = "gradients.csv"

    def __init__(self) -> None:
        self.rows: list[Row] = []

    @contextmanager
    def watching(self, model: keras.Model, steps: int) -> Iterator[None]:
        """Accumulate the norms in every step."""
        self._steps = steps
        self._layers = [model.get_layer(name) for name in trainable_layers(model)]
        self._sums = tf.Variable(tf.zeros(len(self._layers)), trainable=False)
        optimizer = innermost(model.optimizer)
        apply = optimizer.apply

        def watched_apply(grads: Sequence[Any], trainable_variables: Sequence[Any]) -> Any:
            gradient_of = {id(weight): grad for grad, weight in zip(grads, trainable_variables, strict=True)}
            norms = [
                tf.linalg.global_norm([gradient_of[id(weight)] for weight in layer.trainable_weights])
                for layer in self._layers
            ]
            self._sums.assign_add(tf.stack([tf.cast(norm, tf.float32) for norm in norms]))
            return apply(grads, trainable_variables)

        with replaced(optimizer, apply=watched_apply):
            yield

    def end_epoch(self) -> None:
        """Add a row of norms, with each layer's gradient and weight side by side."""
        row: Row = {"epoch": len(self.rows) + 1}
        for layer, total in zip(self._layers, self._sums.numpy(), strict=True):
            row[f"{layer.name}.gradient"] = float(total) / self._steps
            row[f"{layer.name}.weight"] = float(tf.linalg.global_norm([w.value for w in layer.trainable_weights]))
        self.rows.append(row)
        self._sums.assign(tf.zeros_like(self._sums))


class StepLosses:
    """Learning rate and loss (with penalties) of every step."""

    file = "steps.csv"

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._epochs: list[np.ndarray[Any, np.dtype[Any]]] = []  # rows of each epoch, (steps, 2)

    @contextmanager
    def watching(self, model: keras.Model, steps: int) -> Iterator[None]:
        """Record the values of every step."""
        self._values = tf.Variable(tf.zeros((steps, 2)), trainable=False)
        self._at = tf.Variable(0, trainable=False)
        compute_loss = model.compute_loss

        def watched_loss(*args: Any, training: bool = True, **options: Any) -> Any:
            loss = compute_loss(*args, training=training, **options)
            if training:
                rate = innermost(model.optimizer).learning_rate
                values = tf.stack([tf.cast(rate, tf.float32), tf.cast(loss, tf.float32)])
                self._values.scatter_nd_update([[self._at]], [values])  # XLA needs constant slice positions
                self._at.assign_add(1)
            return loss

        with replaced(model, compute_loss=watched_loss):
            yield

    def end_epoch(self) -> None:
        """Add a row for each step: step (counted from 1 over the whole run), learning_rate, loss."""
        self._add(self._values.numpy())
        self._at.assign(0)

    def get_state(self) -> dict[str, Any]:
        """Return the rows as an array, for a checkpoint, which is much faster if there are many steps."""
        return {"epochs": np.array(self._epochs)}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore a checkpoint's rows."""
        for values in state["epochs"]:
            self._add(values)

    def _add(self, values: np.ndarray[Any, np.dtype[Any]]) -> None:
        self._epochs.append(values)
        for step, (rate, loss) in enumerate(values.tolist(), start=len(self.rows) + 1):
            self.rows.append({"step": step, "learning_rate": rate, "loss": loss})


class ClippingRate:
    """Share of an epoch's updates in which a gradient was clipped, for the history."""

    def __init__(self, optimizer: keras.optimizers.Optimizer) -> None:
        self._optimizer = innermost(optimizer)
        self._clips = any(getattr(self._optimizer, name) for name in ("clipnorm", "global_clipnorm", "clipvalue"))
        # Numbers of clipped updates and of all updates; in a Keras variable, of which a stack keeps one value per run.
        self.counts = keras.Variable(np.zeros(2), dtype="float32", trainable=False, autocast=False)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Count clipped updates, if the optimizer clips."""
        if not self._clips:
            yield
            return

        def watched_clip(clip: Callable[[Any], Any], gradients: Sequence[Any]) -> Any:
            self.counts.assign_add(tf.stack([tf.cast(_exceeds(self._optimizer, gradients), tf.float32), 1.0]))
            return clip(gradients)

        with clipping_wrapped(self._optimizer, watched_clip):
            yield

    def end_epoch(self) -> Row:
        """Return the history's column, if the optimizer clips."""
        clipped, updates = self.counts.numpy().tolist()
        self.counts.assign(tf.zeros(2))
        return {"clipped": clipped / max(updates, 1.0)} if self._clips else {}


def _exceeds(optimizer: Any, gradients: Sequence[Any]) -> Any:
    """Return whether a gradient exceeds the optimizer's limit; Keras checks its three limits in this order."""
    gradients = [tf.convert_to_tensor(gradient) for gradient in gradients if gradient is not None]
    if optimizer.clipnorm:
        return tf.reduce_any([tf.norm(gradient) > optimizer.clipnorm for gradient in gradients])
    if optimizer.global_clipnorm:
        return tf.linalg.global_norm(gradients) > optimizer.global_clipnorm
    return tf.reduce_any([tf.reduce_max(tf.abs(gradient)) > optimizer.clipvalue for gradient in gradients])
