import keras
import numpy as np
import pytest
from tensorflow.python.framework import ops

from runner.data.dataset import Part
from runner.engine.evaluation import Evaluator
from runner.engine.training import CompiledEpoch, shuffled, train
from tests.engine.conftest import NoValidation, eager


def run(model, parts, epochs=2, batch_size=64, seed=0, callbacks=(), validated=True):
    training, validation = parts
    return list(
        train(
            CompiledEpoch(model, training, batch_size),
            Evaluator(model, validation) if validated else NoValidation(),
            epochs=epochs,
            order=shuffled(seed, len(training)),
            callbacks=callbacks,
        )
    )


def logistic(optimizer):
    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
    model.compile(optimizer, "sparse_categorical_crossentropy")
    return model


def test_a_row_holds_the_epoch_the_logs_the_rate_and_the_seconds(parts, make_model):
    rows = run(make_model("sgd"), parts)
    names = ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"]
    assert [list(row) for row in rows] == [names, names]
    assert [row["epoch"] for row in rows] == [1, 2]


def test_the_learning_rate_is_that_of_the_epochs_last_step(parts, make_model):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=3, decay_rate=0.5)
    rows = run(make_model(keras.optimizers.SGD(schedule)), parts, validated=False)  # 4 steps per epoch
    assert [row["learning_rate"] for row in rows] == pytest.approx([0.1 * 0.5 ** (3 / 3), 0.1 * 0.5 ** (7 / 3)])


@pytest.mark.parametrize(
    "make_optimizer",
    [
        lambda schedule: keras.optimizers.Adam(schedule, gradient_accumulation_steps=2),
        lambda schedule: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(schedule), initial_scale=2.0),
    ],
    ids=["accumulated gradients", "loss scaling"],
)
def test_the_learning_rate_is_the_one_keras_trained_with(parts, make_optimizer):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=3, decay_rate=0.5)
    spied = []
    spy = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: spied.append(float(reference.optimizer.learning_rate))
    )
    training, _ = parts
    reference = logistic(make_optimizer(schedule))
    eager(reference).fit(training.inputs, training.labels, batch_size=64, epochs=2, verbose=0, callbacks=[spy])
    rows = run(logistic(make_optimizer(schedule)), parts, validated=False)  # 4 steps per epoch
    assert [row["learning_rate"] for row in rows] == pytest.approx([spied[3], spied[7]])


def test_a_loss_that_is_not_finite_ends_the_training_after_its_epoch(parts, make_model):
    rows = run(make_model(keras.optimizers.SGD(1e30)), parts, epochs=5, validated=False)
    assert len(rows) == 1
    assert not np.isfinite(rows[0]["loss"])


def test_a_validation_loss_that_is_not_finite_ends_the_training_too(parts):
    training, validation = parts
    broken = Part(np.full_like(validation.inputs, np.nan), validation.labels)
    rows = run(logistic("sgd"), (training, broken), epochs=5)  # a ReLU would turn NaN into zeros
    assert len(rows) == 1
    assert np.isfinite(rows[0]["loss"])
    assert np.isnan(rows[0]["val_loss"])


def test_a_training_that_is_left_early_leaves_a_model_that_keras_trains_on(parts, make_model):
    training, _ = parts
    fit = {"batch_size": 64, "shuffle": False, "verbose": 0}
    reference, model = (make_model(keras.optimizers.Adam(0.003)) for _ in range(2))
    eager(reference).fit(training.inputs, training.labels, epochs=2, **fit)
    epochs = train(
        CompiledEpoch(model, training, 64),
        NoValidation(),
        epochs=9,
        order=lambda _: np.arange(len(training)),
    )
    next(epochs)
    epochs.close()
    assert type(model.trainable_weights[0].regularizer) is keras.regularizers.L2
    assert "_backend_update_step" not in vars(model.optimizer)
    model.fit(training.inputs, training.labels, epochs=1, **fit)
    for ours, theirs in zip(model.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=2e-6)


class Visits(keras.metrics.Metric):
    """Largest or smallest number of times that any example was used; an example's label is its number."""

    def __init__(self, examples, extreme):
        super().__init__(name=extreme.__name__)
        self.examples, self.extreme = examples, extreme
        self.counts = self.add_weight(shape=(examples,), initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.counts.assign_add(keras.ops.bincount(keras.ops.reshape(y_true, (-1,)), minlength=self.examples))

    def result(self):
        return self.extreme(self.counts)


@pytest.mark.parametrize("batch_size", [1, 10, 16, 64], ids=["singly", "divides", "leaves a rest", "exceeds the data"])
def test_training_and_evaluation_see_every_example_exactly_once_an_epoch(batch_size):
    numbered = Part(np.zeros((40, 1), np.float32), np.arange(40, dtype=np.int32))
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[Visits(40, keras.ops.min), Visits(40, keras.ops.max)])
    for row in run(model, (numbered, numbered), epochs=2, batch_size=batch_size):
        assert {row[name] for name in ("min", "max", "val_min", "val_max")} == {1}


def test_every_epoch_visits_every_example_once_in_an_order_of_its_own():
    order = shuffled(seed=5, examples=200)
    first, second = order(0), order(1)
    assert np.array_equal(np.sort(first), np.arange(200))
    assert not np.array_equal(first, second)
    assert np.array_equal(shuffled(5, 200)(1), second)
    assert not np.array_equal(shuffled(6, 200)(1), second)


def results(model, rows, parts):
    losses = [{name: value for name, value in row.items() if name != "seconds"} for row in rows]
    return losses, [*model.get_weights(), Evaluator(model, parts[1]).predict()]


def test_one_seed_gives_bit_identical_results_and_another_does_not(parts, make_model):
    outcomes = []
    for seed in (0, 0, 1):
        model = make_model(keras.optimizers.Adam(0.003), dropout=0.3)
        outcomes.append(results(model, run(model, parts, seed=seed), parts))
    (losses, arrays), (again_losses, again_arrays), (other_losses, other_arrays) = outcomes
    assert losses == again_losses
    assert all(np.array_equal(one, other) for one, other in zip(arrays, again_arrays, strict=True))
    assert losses != other_losses
    assert not np.array_equal(arrays[0], other_arrays[0])


def test_dropout_draws_another_mask_each_step(parts, make_model):
    model = make_model(keras.optimizers.SGD(1e-12), dropout=0.5)  # weights stay unchanged
    one, other = run(model, parts, epochs=2)
    assert one["val_loss"] == pytest.approx(other["val_loss"], rel=1e-6)
    assert one["loss"] != pytest.approx(other["loss"], rel=1e-4)


def test_a_callback_can_stop_the_training(parts, make_model):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    assert len(run(make_model("sgd"), parts, epochs=9, callbacks=[Stop()], validated=False)) == 2


def test_a_fifth_of_an_epoch_measures_its_seconds(digits):
    images, labels = digits
    model = logistic("sgd")
    epoch = CompiledEpoch(model, Part(images[:100].astype("float32"), labels[:100]), 10)
    assert epoch.seconds() > 0
    assert int(model.optimizer.iterations) == 1 + 10 // 5  # of 10 steps, after the one that optimizes the graph


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_tensorflow_keeps_nothing_of_a_training_that_is_over(optimizer, digits):
    """TensorFlow's registry of gradients would keep the graph, and thus the training set, until the process ends."""
    registered = ops.gradient_registry._registry
    before = set(registered)
    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10, "silu")])
    model.compile(optimizer=optimizer, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    images, labels = digits
    data = Part(images[:64].astype("float32"), labels[:64])
    list(train(CompiledEpoch(model, data, 32), Evaluator(model, data), epochs=1, order=shuffled(0, 64)))
    assert set(registered) == before
