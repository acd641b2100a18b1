import keras
import numpy as np
import pytest
from keras.callbacks import Callback, EarlyStopping, ModelCheckpoint, ReduceLROnPlateau

from runner.core.errors import ConfigError
from runner.run.compatibility import measured_metrics, refuse_unmeasured


class OwnMetric(Callback):
    """A user's callback, which may add to the logs that later callbacks see."""


@pytest.fixture(scope="module")
def model() -> keras.Model:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, activation="softmax")])
    confidence = keras.metrics.MeanMetricWrapper(lambda _, predicted: keras.ops.max(predicted, axis=-1), "confidence")
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy", confidence])
    data = np.zeros((2, 2), np.float32), np.zeros(2, np.int32)
    model.compute_loss(*data, model(data[0]))
    model.compute_metrics(*data, model(data[0]))
    return model


def test_what_is_measured_is_what_a_fit_hands_to_callbacks(model):
    data = np.zeros((4, 2), np.float32), np.zeros(4, np.int32)
    history = model.fit(*data, validation_data=data, verbose=0).history
    assert sorted(measured_metrics(model)) == sorted(history)


MISSPELT = [
    EarlyStopping(monitor="val_acc"),
    EarlyStopping(monitor="val_acc", mode="max"),
    ReduceLROnPlateau(monitor="val_acc"),
    ModelCheckpoint("best.keras", monitor="val_acc", save_best_only=True),
]


@pytest.mark.parametrize("callback", MISSPELT, ids=lambda callback: type(callback).__name__)
def test_a_metric_that_nothing_measures_is_refused_with_the_nearest(model, callback):
    with pytest.raises(ConfigError, match=r"^callbacks\.x\.monitor=val_acc: not measured; did you mean val_accuracy\?"):
        refuse_unmeasured({"callbacks.x": callback}, model)


def test_so_is_one_in_the_name_of_a_file(model):
    refuse_unmeasured({"callbacks.x": ModelCheckpoint("{epoch:02d}-{val_loss:.2f}.keras")}, model)
    with pytest.raises(ConfigError, match=r"^callbacks\.x\.filepath=val_acc: not measured"):
        refuse_unmeasured({"callbacks.x": ModelCheckpoint("{epoch}-{val_acc:.2f}.keras")}, model)


def test_a_metric_without_a_better_direction_needs_a_mode(model):
    with pytest.raises(ConfigError, match=r"^callbacks\.x\.mode: must be min or max, .* lower val_confidence is"):
        refuse_unmeasured({"callbacks.x": EarlyStopping(monitor="val_confidence")}, model)
    for monitor, mode in (("val_confidence", "max"), ("val_loss", "auto"), ("accuracy", "auto")):
        assert refuse_unmeasured({"callbacks.x": EarlyStopping(monitor=monitor, mode=mode)}, model) == []


def test_a_metric_that_a_callback_of_the_users_may_add_is_a_warning(model):
    later = {"callbacks.own": OwnMetric(), "callbacks.x": EarlyStopping(monitor="val_mine", mode="max")}
    (warning,) = refuse_unmeasured(later, model)
    assert warning.startswith("callbacks.x.monitor=val_mine: not measured")
    with pytest.raises(ConfigError):
        refuse_unmeasured(dict(reversed(later.items())), model)
