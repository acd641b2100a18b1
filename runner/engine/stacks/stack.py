"""Stack: several models of one architecture, trained and evaluated as one batch of models in one compiled call.

Between two calls, the models' own variables hold the values, so callbacks, checkpoints and metrics can read them.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from runner.data.dataset import Part
from runner.engine.compiled import copy_values
from runner.engine.diagnostics import ClippingRate
from runner.engine.evaluation import BATCH_SIZE as VALIDATION_BATCH
from runner.engine.keras_internals import custom_gradients_forgotten, updates_stateless
from runner.engine.setup.device import on_device
from runner.engine.stacks.vectorization import reason_in_words
from runner.engine.training import Augment
from runner.engine.variables.base_rate import BaseRate

Values = list[tf.Tensor]  # values of variables, each of shape (models, ...)


@dataclass(frozen=True)
class Member:
    """A model of a stack."""

    model: keras.Model  # its optimizer is built
    steps: int
    clipping: ClippingRate
    rate: BaseRate
    augment: Augment | None = None

    @classmethod
    def of(cls, model: keras.Model, steps: int) -> "Member":
        """Return the member for a compiled model."""
        model.optimizer.build(model.trainable_variables)
        return cls(model, steps, ClippingRate(model.optimizer), BaseRate(model.optimizer))

    def start_as(self, model: keras.Model) -> None:
        """Copy all values from an untrained model of the same architecture."""
        copy_values(model, self.model)
        self.clipping.end_epoch()  # resets counts of an earlier run's failed epoch
        self.rate.copy(model.optimizer)


class Stack:
    """The compiled epoch and the compiled validation of several models; all models share the graph of the first one."""

    def __init__(
        self, models: Sequence[keras.Model], train: Part, validation: Part, batch_size: int, *, jit_compile: bool
    ) -> None:
        """Compile the epoch and the validation.

        Args:
            models: equal except for the values of their variables and the base rate of their schedules; already run on
            data, so that all their variables exist.

        Raises:
            NotVectorized: if an operation can only be computed for one model at a time.
        """
        steps, self.examples = math.ceil(len(train) / batch_size), len(train)
        self.members = [Member.of(model, steps) for model in models]
        with reason_in_words():
            self._train = _compiled_epoch(self.members, train, batch_size, jit_compile)
            self._validate = _compiled_validation(self.members, validation, jit_compile)

    def train(self, orders: np.ndarray, going: Sequence[int]) -> None:
        """Train the models on every example once.

        Args:
            orders: (models, examples), the order of the examples for each model.
            going: the positions of the models to train; the others keep their values.
        """
        rates = [member.rate.value for member in self.members]
        self._train(tf.constant(orders, tf.int32), tf.constant(rates, tf.float32), self._mask(going))

    def validate(self, going: Sequence[int]) -> None:
        """Evaluate models on the validation data; the variables of their metrics then hold loss and metrics."""
        for position in going:
            self.members[position].model.reset_metrics()
        self._validate(self._mask(going))

    def _mask(self, going: Sequence[int]) -> tf.Tensor:
        return tf.constant([position in going for position in range(len(self.members))])


def _compiled_epoch(members: Sequence[Member], data: Part, batch_size: int, jit_compile: bool) -> Any:
    inputs, labels = on_device(data.inputs), on_device(data.labels)
    variables, lead = [_trained(member) for member in members], members[0]
    optimizer = lead.model.optimizer

    def one_model(state: tuple[Values, tf.Tensor, tf.Tensor, tf.Tensor]) -> Values:
        values, rate, *batch = state
        with (
            keras.StatelessScope(list(zip(variables[0], values, strict=True))) as scope,
            updates_stateless(optimizer),
            lead.rate.as_variable(rate),
        ):
            _train_step(lead.model, *batch)
        return _values(scope, variables[0])

    @tf.function(jit_compile=jit_compile, autograph=False)
    def trained(values: Values, rates: tf.Tensor, orders: tf.Tensor) -> Values:
        def step(values: Values, start: tf.Tensor, count: int) -> Values:
            chosen = tf.slice(orders, [0, start], [len(members), count])
            batches = tf.gather(inputs, chosen), tf.gather(labels, chosen)
            return _for_each(one_model, (values, rates, *batches))

        return _over_batches(step, values, len(data), batch_size)

    @tf.function(autograph=False)
    def run(orders: tf.Tensor, rates: tf.Tensor, going: tf.Tensor) -> None:
        _scatter(trained(_gathered(variables), rates, orders), variables, going)

    count = len(members)
    with custom_gradients_forgotten(), lead.clipping.watching():
        return run.get_concrete_function(
            tf.TensorSpec([count, len(data)], tf.int32), tf.TensorSpec([count]), tf.TensorSpec([count], tf.bool)
        )


def _compiled_validation(members: Sequence[Member], data: Part, jit_compile: bool) -> Any:
    inputs, labels = on_device(data.inputs), on_device(data.labels)
    model = members[0].model
    weights = [list(member.model.variables) for member in members]
    metrics = [list(member.model.metrics_variables) for member in members]

    @tf.function(jit_compile=jit_compile, autograph=False)
    def measured(weights_of_all: Values, values: Values) -> Values:
        def step(values: Values, start: tf.Tensor, count: int) -> Values:
            chosen = start + tf.range(count)
            batch = tf.gather(inputs, chosen), tf.gather(labels, chosen)

            def one_model(state: tuple[Values, Values]) -> Values:
                mapping = [*zip(weights[0], state[0], strict=True), *zip(metrics[0], state[1], strict=True)]
                with keras.StatelessScope(mapping) as scope:
                    _test_step(model, *batch)
                return _values(scope, [*weights[0], *metrics[0]])[len(weights[0]) :]

            return _for_each(one_model, (weights_of_all, values))

        return _over_batches(step, values, len(data), VALIDATION_BATCH)

    @tf.function(autograph=False)
    def run(going: tf.Tensor) -> None:
        _scatter(measured(_gathered(weights), _gathered(metrics)), metrics, going)

    return run.get_concrete_function(tf.TensorSpec([len(members)], tf.bool))


def _trained(member: Member) -> list[keras.Variable]:
    """Return all variables that an epoch may change, without duplicates."""
    model = member.model
    every = [*model.variables, *model.optimizer.variables, *model.metrics_variables, member.clipping.counts]
    return list({id(variable): variable for variable in every}.values())


def _train_step(model: keras.Model, inputs: tf.Tensor, labels: tf.Tensor) -> None:
    """Perform the steps of Keras's `train_step`, with gradients for the values of a scope."""
    with tf.GradientTape() as tape:
        values = [variable.value for variable in model.trainable_variables]
        tape.watch(values)
        outputs = model(inputs, training=True)
        loss = model.compute_loss(inputs, labels, outputs, training=True)
    _note_loss(model, loss, inputs)
    model.optimizer.apply(tape.gradient(loss, values), model.trainable_variables)
    model.compute_metrics(inputs, labels, outputs)


def _test_step(model: keras.Model, inputs: tf.Tensor, labels: tf.Tensor) -> None:
    outputs = model(inputs, training=False)
    _note_loss(model, model.compute_loss(inputs, labels, outputs, training=False), inputs)
    model.compute_metrics(inputs, labels, outputs)


def _values(scope: keras.StatelessScope, variables: Sequence[keras.Variable]) -> Values:
    """Return the values of all variables that a step may change.

    Raises:
        ValueError: if the step has changed another variable, whose value would be lost.
    """
    if scope.state_mapping.keys() - set(map(id, variables)):
        raise ValueError("a part of the run keeps state outside the variables of model, optimizer and metrics")
    return [scope.get_current_value(variable) for variable in variables]


def _note_loss(model: keras.Model, loss: tf.Tensor, inputs: tf.Tensor) -> None:
    mean = next(metric for metric in model.metrics if metric.name == "loss")
    mean.update_state(loss, sample_weight=tf.shape(inputs)[0])


def _for_each(function: Callable[[Any], Values], states: Any) -> Values:
    """Compute a function of each model's state by operations on all models at once."""
    values: Values = tf.vectorized_map(function, states, fallback_to_while_loop=False)
    return values


def _over_batches(
    step: Callable[[Values, tf.Tensor, int], Values], values: Values, examples: int, batch_size: int
) -> Values:
    """Return the values after one step per batch: step(values, first example of the batch, size of the batch)."""
    size = min(batch_size, examples)
    full_batches, rest = divmod(examples, size)

    def one_full_batch(batch: tf.Tensor, values: Values) -> tuple[tf.Tensor, Values]:
        return batch + 1, step(values, batch * size, size)

    start = [tf.constant(0), values]
    _, values = tf.while_loop(lambda batch, _: batch < full_batches, one_full_batch, start, parallel_iterations=1)
    return step(values, tf.constant(full_batches * size), rest) if rest else values


def _gathered(variables: Sequence[Sequence[keras.Variable]]) -> Values:
    return [tf.stack([variable.value for variable in same]) for same in zip(*variables, strict=True)]


def _scatter(values: Values, variables: Sequence[Sequence[keras.Variable]], going: tf.Tensor) -> None:
    for position, own in enumerate(variables):
        for variable, value in zip(own, values, strict=True):
            variable.assign(tf.where(going[position], value[position], variable.value))
