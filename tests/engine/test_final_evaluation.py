"""At the end of training, the last network or the ensemble of its snapshots is tested."""

import keras
import numpy as np
import pytest

from runner.data.dataset import Split
from runner.engine.compiled import compiled
from runner.engine.final_evaluation import final
from runner.engine.model_files.saving import save_model
from runner.engine.training import train
from runner.optim.averaging import LastEpochs, MovingAverage
from runner.optim.snapshots import Snapshots
from tests.engine.conftest import eager


@pytest.fixture
def split(parts) -> Split:
    """A split whose validation and test parts are the same."""
    return Split(*parts, parts[1])


def nothing():
    """No batch statistics in the model."""


def trained(model, split, callbacks):
    every = compiled(model, split, 64, None, jit_compile=False)
    in_order = lambda epoch: np.arange(len(split.train))  # noqa: E731
    list(train(every.epoch, every.validation, epochs=4, order=in_order, callbacks=callbacks))
    return final(every, split, callbacks)


def test_an_ensemble_averages_the_probabilities_of_each_cycles_network(split, make_model, tmp_path):
    result = trained(make_model(keras.optimizers.SGD(0.1), batchnorm=True), split, [Snapshots(every=2, members=5)])
    reference, members = make_model(keras.optimizers.SGD(0.1), batchnorm=True), []
    for _ in range(2):
        reference.fit(split.train.inputs, split.train.labels, batch_size=64, epochs=2, shuffle=False, verbose=0)
        members.append(reference.predict(split.test.inputs, verbose=0))
    mean = np.mean(members, axis=0)
    np.testing.assert_allclose(result.test, mean, atol=1e-5)
    np.testing.assert_array_equal(result.validation, result.test)
    labels = split.test.labels
    penalty = sum(float(loss) for loss in reference.losses)
    assert result.test_metrics["loss"] == pytest.approx(
        penalty - np.mean(np.log(mean[np.arange(len(labels)), labels])), rel=1e-4
    )
    assert result.test_metrics["accuracy"] == pytest.approx(np.mean(mean.argmax(axis=1) == labels))
    assert result.validation_metrics == result.test_metrics  # their data are the same
    save_model(result.model, tmp_path / "model.keras")
    opened = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(opened.predict(split.test.inputs, verbose=0), mean, atol=1e-5)


@pytest.mark.parametrize("average", [lambda: MovingAverage(0.5, nothing), lambda: LastEpochs(3, nothing)])
def test_the_validation_metrics_of_an_average_are_those_of_the_network_that_is_tested(split, make_model, average):
    """The metrics must not be those of the weights from which the training continues, which have different scores."""
    model, averaging = make_model(keras.optimizers.SGD(1.0)), average()
    trained_weights = []
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: trained_weights.append(averaging._trained))
    result = trained(model, split, [averaging, note])
    loss, accuracy = eager(model).evaluate(split.validation.inputs, split.validation.labels, verbose=0)
    assert result.validation_metrics == pytest.approx({"loss": loss, "accuracy": accuracy}, rel=1e-5)
    predicted = model.predict(split.validation.inputs, verbose=0)
    np.testing.assert_allclose(result.validation, predicted, atol=1e-6)
    model.set_weights(trained_weights[-1])
    unaveraged, _ = model.evaluate(split.validation.inputs, split.validation.labels, verbose=0)
    assert abs(unaveraged - loss) > 1e-3


def test_only_the_last_members_are_kept(split, make_model):
    snapshots = Snapshots(every=1, members=2)
    result = trained(make_model(keras.optimizers.SGD(0.1)), split, [snapshots])
    reference, members = eager(make_model(keras.optimizers.SGD(0.1))), []
    for epochs in (3, 1):
        reference.fit(split.train.inputs, split.train.labels, batch_size=64, epochs=epochs, shuffle=False, verbose=0)
        members.append(reference.predict(split.test.inputs, verbose=0))
    assert len(snapshots.states) == 2
    np.testing.assert_allclose(result.test, np.mean(members, axis=0), atol=1e-6)


def test_without_snapshots_it_is_the_model_itself(split, make_model):
    model = make_model(keras.optimizers.SGD(0.1))
    result = trained(model, split, [])
    loss, accuracy = eager(model).evaluate(split.test.inputs, split.test.labels, verbose=0)
    assert result.model is model
    assert result.test_metrics == pytest.approx({"loss": loss, "accuracy": accuracy}, rel=1e-5)
    assert result.validation_metrics == result.test_metrics  # their data are the same


def test_the_validation_metrics_are_those_of_a_network_that_was_restored(split, make_model):
    """Early stopping restores the weights of an earlier epoch, whatever the result of the last one."""
    stopping = keras.callbacks.EarlyStopping(monitor="val_loss", mode="max", patience=9, restore_best_weights=True)
    model = make_model(keras.optimizers.SGD(0.1))
    every = compiled(model, split, 64, None, jit_compile=False)
    in_order = lambda epoch: np.arange(len(split.train))  # noqa: E731
    rows = list(train(every.epoch, every.validation, epochs=3, order=in_order, callbacks=[stopping]))
    result = final(every, split, [stopping])
    assert result.validation_metrics["loss"] == max(row["val_loss"] for row in rows) != rows[-1]["val_loss"]
