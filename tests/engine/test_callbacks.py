"""Keras's callbacks do at epoch granularity what they do under `model.fit`."""

import csv

import keras
import numpy as np
import pytest

from runner.engine.evaluation import Evaluator
from runner.engine.training import CompiledEpoch, train
from tests.engine.conftest import eager

EPOCHS = 6


def fit(model, parts, callbacks):
    training, validation = parts
    history = (
        eager(model)
        .fit(
            training.inputs,
            training.labels,
            batch_size=64,
            epochs=EPOCHS,
            shuffle=False,
            validation_data=(validation.inputs, validation.labels),
            callbacks=callbacks,
            verbose=0,
        )
        .history
    )
    return [dict(zip(history, values, strict=True)) for values in zip(*history.values(), strict=True)]


def ours(model, parts, callbacks):
    training, validation = parts
    in_order = lambda epoch: np.arange(len(training))  # noqa: E731
    evaluator = Evaluator(model, validation)
    return list(
        train(CompiledEpoch(model, training, 64), evaluator, epochs=EPOCHS, order=in_order, callbacks=callbacks)
    )


def test_early_stopping_stops_at_the_same_epoch_and_restores_the_same_weights(parts, make_model):
    lengths, weights, validation_losses = [], [], []
    for way in (fit, ours):
        model = make_model(keras.optimizers.SGD(0.1))
        # No epoch is better than the first by so much: it counts as the best.
        stopping = keras.callbacks.EarlyStopping("val_loss", min_delta=10, patience=2, restore_best_weights=True)
        rows = way(model, parts, [stopping])
        lengths.append(len(rows))
        weights.append(model.get_weights())
        validation_losses.append(Evaluator(model, parts[1]).evaluate()["loss"])
        assert validation_losses[-1] == pytest.approx(rows[0]["val_loss"], rel=1e-5)
    assert lengths == [3, 3]
    for theirs, own in zip(*weights, strict=True):
        np.testing.assert_allclose(own, theirs, rtol=1e-3, atol=1e-5)


def test_reduce_on_plateau_reduces_at_the_same_epochs(parts, make_model):
    rates = []
    for way in (fit, ours):
        model = make_model(keras.optimizers.SGD(0.5))
        plateau = keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=1, min_delta=10, min_lr=0.01)
        seen = []
        spy = keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs, model=model, seen=seen: seen.append(float(model.optimizer.learning_rate))
        )
        rows = way(model, parts, [plateau, spy])
        rates.append(seen)
        if way is ours:
            assert [row["learning_rate"] for row in rows] == pytest.approx(seen)
    assert rates[0] == rates[1]
    assert rates[0][-1] < rates[0][0]


def test_a_scheduler_callback_sets_the_same_rates(parts, make_model):
    weights = []
    for way in (fit, ours):
        model = make_model(keras.optimizers.SGD(0.5))
        way(model, parts, [keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)])
        weights.append(model.get_weights())
        assert float(model.optimizer.learning_rate) == pytest.approx(0.5**7)
    for theirs, own in zip(*weights, strict=True):
        np.testing.assert_allclose(own, theirs, rtol=1e-4, atol=1e-6)


def test_csv_logger_writes_the_same_table(parts, make_model, tmp_path):
    tables = []
    for way in (fit, ours):
        file = tmp_path / f"{way.__name__}.csv"
        way(make_model(keras.optimizers.SGD(0.1)), parts, [keras.callbacks.CSVLogger(str(file))])
        with file.open() as stream:
            tables.append(list(csv.DictReader(stream)))
    theirs, own = tables
    assert len(own) == EPOCHS
    assert [list(row) for row in own] == [list(row) for row in theirs]
    for one, other in zip(theirs, own, strict=True):
        assert [float(value) for value in other.values()] == pytest.approx(
            [float(value) for value in one.values()], rel=1e-4
        )


def test_the_best_model_is_saved_as_under_fit_and_opens_in_plain_keras(parts, make_model, tmp_path):
    saved = []
    for way in (fit, ours):
        file = tmp_path / f"{way.__name__}.keras"
        best = keras.callbacks.ModelCheckpoint(str(file), monitor="val_loss", save_best_only=True)
        model = make_model(keras.optimizers.Adam(0.003))
        rows = way(model, parts, [best])
        saved.append(keras.models.load_model(file, safe_mode=True))
        loss = saved[-1].evaluate(parts[1].inputs, parts[1].labels, verbose=0, return_dict=True)["loss"]
        assert loss == pytest.approx(min(row["val_loss"] for row in rows), rel=1e-5)
    theirs, own = saved
    assert own.get_config() == theirs.get_config()
    assert own.optimizer.get_config() == theirs.optimizer.get_config()
    for one, other in zip(theirs.get_weights(), own.get_weights(), strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-3, atol=1e-5)


def test_a_users_own_callback_is_called_as_under_fit(parts, make_model):
    class Diary(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.entries = []

        def on_train_begin(self, logs=None):
            self.entries.append(("train begins", self.params["epochs"], self.params["steps"]))

        def on_train_end(self, logs=None):
            self.entries.append(("train ends", sorted(logs)))

        def on_epoch_begin(self, epoch, logs=None):
            self.entries.append(("begins", epoch))

        def on_epoch_end(self, epoch, logs=None):
            self.entries.append(("ends", epoch, sorted(logs), int(self.model.optimizer.iterations)))

    diaries = [Diary(), Diary()]
    for way, diary in zip((fit, ours), diaries, strict=True):
        way(make_model(keras.optimizers.SGD(0.1)), parts, [diary])
    assert diaries[0].entries == diaries[1].entries
    assert len(diaries[1].entries) == 2 + 2 * EPOCHS


def test_tensorboard_holds_the_history(parts, make_model, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator, TensorEvent
    from tensorboard.util.tensor_util import make_ndarray

    rows = ours(make_model(keras.optimizers.SGD(0.1)), parts, [keras.callbacks.TensorBoard(str(tmp_path))])
    for name, metric in (("train", "loss"), ("validation", "val_loss")):
        events = EventAccumulator(str(tmp_path / name))
        events.Reload()
        scalars: list[TensorEvent] = events.Tensors("epoch_loss")
        assert [float(make_ndarray(event.tensor_proto)) for event in scalars] == pytest.approx(
            [row[metric] for row in rows], rel=1e-6
        )
