import keras
import numpy as np
import pytest

from runner.engine.evaluation import Evaluator
from runner.engine.training import shuffled, train


def run(model, parts, epochs=2, batch_size=64, seed=0, callbacks=()):
    training, validation = parts
    return list(
        train(
            model,
            training,
            Evaluator(model, validation),
            epochs=epochs,
            batch_size=batch_size,
            order=shuffled(seed, len(training)),
            callbacks=callbacks,
        )
    )


def test_a_row_holds_the_epoch_the_logs_the_rate_and_the_seconds(parts, make_model):
    rows = run(make_model("sgd"), parts)
    names = ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"]
    assert [list(row) for row in rows] == [names, names]
    assert [row["epoch"] for row in rows] == [1, 2]


def test_the_learning_rate_is_that_of_the_epochs_last_step(parts, make_model):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=3, decay_rate=0.5)
    rows = run(make_model(keras.optimizers.SGD(schedule)), parts, batch_size=64)  # 4 steps an epoch
    assert [row["learning_rate"] for row in rows] == pytest.approx([0.1 * 0.5 ** (3 / 3), 0.1 * 0.5 ** (7 / 3)])


def test_a_loss_that_is_not_finite_ends_the_training_after_its_epoch(parts, make_model):
    rows = run(make_model(keras.optimizers.SGD(1e30)), parts, epochs=5)
    assert len(rows) == 1
    assert not np.isfinite(rows[0]["loss"])


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
    model = make_model(keras.optimizers.SGD(1e-12), dropout=0.5)  # weights stay as they are
    one, other = run(model, parts, epochs=2)
    assert one["val_loss"] == pytest.approx(other["val_loss"], rel=1e-6)
    assert one["loss"] != pytest.approx(other["loss"], rel=1e-4)


def test_a_callback_can_stop_the_training(parts, make_model):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    assert len(run(make_model("sgd"), parts, epochs=9, callbacks=[Stop()])) == 2
