"""Keras's callbacks have the same effects per epoch as under `model.fit`."""

import csv
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pytest

from runner.engine.evaluation import Evaluator
from runner.engine.training import CompiledEpoch, train
from tests.engine.conftest import eager

EPOCHS = 4


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
        # No epoch is better than the first by this amount, so the first counts as the best.
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
        assert float(model.optimizer.learning_rate) == pytest.approx(0.5 ** (EPOCHS + 1))
    for theirs, own in zip(*weights, strict=True):
        np.testing.assert_allclose(own, theirs, rtol=1e-4, atol=1e-6)


class Diary(keras.callbacks.Callback):
    """A user's own callback."""

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


@dataclass
class Watched:
    """A training run that callbacks watch but do not change."""

    rows: list[dict[str, float]]
    diary: Diary
    folder: Path


@pytest.fixture(scope="module")
def watched(parts, make_model, tmp_path_factory) -> tuple[Watched, Watched]:
    """The same training run under `model.fit` and in the engine, with the files that the callbacks wrote."""

    def trained(way):
        folder, diary = tmp_path_factory.mktemp(way.__name__), Diary()
        callbacks = [
            diary,
            keras.callbacks.CSVLogger(str(folder / "history.csv")),
            keras.callbacks.ModelCheckpoint(str(folder / "best.keras"), monitor="val_loss", save_best_only=True),
            keras.callbacks.TensorBoard(str(folder)),
        ]
        return Watched(way(make_model(keras.optimizers.Adam(0.003)), parts, callbacks), diary, folder)

    return trained(fit), trained(ours)


def test_csv_logger_writes_the_same_table(watched):
    theirs, own = (list(csv.DictReader((one.folder / "history.csv").read_text().splitlines())) for one in watched)
    assert len(own) == EPOCHS
    assert [list(row) for row in own] == [list(row) for row in theirs]
    for one, other in zip(theirs, own, strict=True):
        assert [float(value) for value in other.values()] == pytest.approx(
            [float(value) for value in one.values()], rel=1e-4
        )


def test_the_best_model_is_saved_as_under_fit_and_opens_in_plain_keras(watched, parts):
    saved = [keras.models.load_model(one.folder / "best.keras", safe_mode=True) for one in watched]
    for model, one in zip(saved, watched, strict=True):
        loss, _ = eager(model).evaluate(parts[1].inputs, parts[1].labels, verbose=0)
        assert loss == pytest.approx(min(row["val_loss"] for row in one.rows), rel=1e-5)
    theirs, own = saved
    assert own.get_config() == theirs.get_config()
    assert own.optimizer.get_config() == theirs.optimizer.get_config()
    for one, other in zip(theirs.get_weights(), own.get_weights(), strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-3, atol=1e-5)


def test_a_users_own_callback_is_called_as_under_fit(watched):
    theirs, own = (one.diary.entries for one in watched)
    assert own == theirs
    assert len(own) == 2 + 2 * EPOCHS


def test_tensorboard_holds_the_history(watched):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator, TensorEvent
    from tensorboard.util.tensor_util import make_ndarray

    _, own = watched
    for name, metric in (("train", "loss"), ("validation", "val_loss")):
        events = EventAccumulator(str(own.folder / name))
        events.Reload()
        scalars: list[TensorEvent] = events.Tensors("epoch_loss")
        assert [float(make_ndarray(event.tensor_proto)) for event in scalars] == pytest.approx(
            [row[metric] for row in own.rows], rel=1e-6
        )
