import keras
import numpy as np
import pytest

from runner.engine.batch_statistics import statistics_refresher
from runner.optim.averaging import LastEpochs, MovingAverage
from tests.engine.conftest import eager


class Diary(keras.callbacks.Callback):
    """Callback that records the weights of every step, and at the end of every epoch as other callbacks see them."""

    def __init__(self):
        super().__init__()
        self.shown = []

    def on_epoch_end(self, epoch, logs=None):
        self.shown.append(self.model.get_weights())


def nothing():
    """No batch statistics in the model."""


def weights_of_epochs(network, parts, optimizer, epochs):
    """Keras's own weights at the end of each epoch."""
    training, _ = parts
    model = eager(network(optimizer))
    weights = []
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: weights.append(model.get_weights()))
    model.fit(
        training.inputs, training.labels, batch_size=32, epochs=epochs, shuffle=False, verbose=0, callbacks=[note]
    )
    return weights


def assert_close(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_swa_is_the_mean_of_the_last_epochs_weights_and_leaves_the_training_alone(network, parts, trained):
    epochs = weights_of_epochs(network, parts, keras.optimizers.SGD(0.5), 4)
    diary = Diary()
    model = network(keras.optimizers.SGD(0.5))
    trained(model, epochs=4, callbacks=[LastEpochs(2, nothing), diary])
    expected = [
        epochs[0],
        *([np.mean(pair, axis=0) for pair in zip(*epochs[at - 1 : at + 1], strict=True)] for at in (1, 2, 3)),
    ]
    for shown, mean in zip(diary.shown, expected, strict=True):
        assert_close(shown, mean)
    assert_close(model.get_weights(), expected[-1])
    assert not np.allclose(epochs[-1][0], expected[-1][0], atol=1e-3)


def test_validation_sees_the_averaged_weights(network, parts, trained):
    model = network(keras.optimizers.SGD(0.5))
    rows = trained(model, epochs=3, callbacks=[LastEpochs(3, nothing)], validated=True)
    loss, _ = eager(model).evaluate(parts[1].inputs, parts[1].labels, verbose=0)
    assert rows[-1]["val_loss"] == pytest.approx(loss, rel=1e-5)


def test_ema_is_the_running_mean_over_all_steps(network, parts, trained):
    training, _ = parts
    reference, model = eager(network(keras.optimizers.SGD(0.5))), network(keras.optimizers.SGD(0.5))
    mean = None
    for _ in range(2):  # epochs of three steps
        for start in range(0, 96, 32):
            reference.train_on_batch(training.inputs[start : start + 32], training.labels[start : start + 32])
            now = reference.get_weights()
            mean = now if mean is None else [0.7 * one + 0.3 * other for one, other in zip(mean, now, strict=True)]
    diary = Diary()
    trained(model, epochs=2, callbacks=[MovingAverage(0.7, nothing), diary])
    assert_close(diary.shown[-1], mean)
    assert_close(model.get_weights(), mean)
    assert not np.allclose(reference.get_weights()[0], mean[0], atol=1e-3)


def test_ema_under_gradient_accumulation_is_the_running_mean_over_updates(network, parts, trained):
    """The running mean averages the weights after steps 2, 4 and 6 of six; Keras's own average includes all six."""
    training, _ = parts
    reference = eager(network(keras.optimizers.SGD(0.5, gradient_accumulation_steps=2)))
    mean = None
    for step in range(6):  # two epochs of three steps
        start = step % 3 * 32
        reference.train_on_batch(training.inputs[start : start + 32], training.labels[start : start + 32])
        if step % 2:
            now = reference.get_weights()
            mean = now if mean is None else [0.7 * one + 0.3 * other for one, other in zip(mean, now, strict=True)]
    model = network(keras.optimizers.SGD(0.5, gradient_accumulation_steps=2))
    trained(model, epochs=2, callbacks=[MovingAverage(0.7, nothing)])
    assert_close(model.get_weights(), mean)
    assert not np.allclose(reference.get_weights()[0], mean[0], atol=1e-3)


def test_early_stopping_restores_the_averaged_weights_of_the_best_epoch(network, parts, trained):
    diary = Diary()
    stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=9, restore_best_weights=True)
    model = network(keras.optimizers.SGD(3.0))
    rows = trained(model, epochs=6, callbacks=[MovingAverage(0.5, nothing), diary, stop], validated=True)
    best = int(np.argmin([row["val_loss"] for row in rows]))
    assert_close(model.get_weights(), diary.shown[best])


def test_batch_statistics_are_those_of_the_averaged_weights(network, parts, trained):
    training, _ = parts
    model = network(keras.optimizers.SGD(0.5), normalized=True)
    trained(model, epochs=3, callbacks=[LastEpochs(3, statistics_refresher(model, training, 32))])
    hidden = training.inputs @ model.get_layer("hidden_1").kernel.numpy() + model.get_layer("hidden_1").bias.numpy()
    batches = hidden.reshape(3, 32, 8)
    layer = model.get_layer("hidden_1_normalization")
    np.testing.assert_allclose(layer.moving_mean, batches.mean(axis=1).mean(axis=0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, batches.var(axis=1).mean(axis=0), rtol=1e-4)
    assert layer.momentum == 0.99
