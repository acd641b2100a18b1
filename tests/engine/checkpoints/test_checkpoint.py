"""An interrupted and resumed training run gives results bit-identical to those of an uninterrupted one.

Each interrupted training run continues with newly built objects, as in another process.
"""

import multiprocessing
import os
import shutil
import signal
from pathlib import Path

import keras
import pytest

from runner.engine.checkpoints.checkpoint import Checkpoint, Keeper
from runner.engine.checkpoints.plain_state import decode
from runner.engine.evaluation import Evaluator
from runner.engine.training import CompiledEpoch, shuffled, train
from runner.run.build import build_parts, build_split
from runner.sweeps.pools.server import start_server
from tests.composed import settings

SMALL = ["dataset=mnist_5k", "training.batch_size=32", "training.epochs=4", "regularizer=[]"]
KERASS = "+augmentation.brightness={_target_:keras.layers.RandomBrightness,factor:0.5,value_range:[0,1]}"
OWN = "+augmentation.speckle={_target_:tests.engine.checkpoints.test_checkpoint.Speckle}"
CASES = {
    "adam with dropout and accumulated gradients": [
        "regularizer=[l2,dropout]", "optimizer.gradient_accumulation_steps=3", "clipping=by_global_norm",
    ],
    "momentum with schedule and others' augmentation": ["optimizer=momentum", "schedule=cosine", KERASS, OWN],
    "lamb with batch normalization": ["optimizer=lamb", "normalization=batch", "regularizer=[gaussian_noise]"],
    "muon on feature maps": ["optimizer=muon", "model=cnn", "model.filters=[2]", "regularizer=[spatial_dropout]"],
    "lion with geometry": ["optimizer=lion", "augmentation=[rotation,elastic]"],
    "nadam with mixed labels": ["optimizer=nadam", "augmentation=[mixup,cutmix,random_erasing]"],
    "moving average with diagnostics": [
        "averaging=ema", "normalization=batch", "diagnostics=[gradients,steps]", "clipping=by_norm",
    ],
    "mean of epochs": ["averaging=swa", "averaging.epochs=2", "normalization=batch", "regularizer=[dropout]"],
    "snapshots": ["callbacks=[snapshots]", "callbacks.snapshots.every=1", "schedule=cosine_restarts"],
}  # fmt: skip


class Speckle:
    """A user's augmentation with its own random stream."""

    def __init__(self, seed):
        self.streams = [keras.random.SeedGenerator(seed)]

    def __call__(self, images, labels):
        return images + keras.random.normal(images.shape, stddev=0.1, seed=self.streams[0]), labels


class Diary(keras.callbacks.Callback):
    """A user's callback that stops the training when all its pages are filled."""

    def __init__(self, pages=3):
        super().__init__()
        self.pages, self.entries, self.last = pages, [], {}

    def on_epoch_end(self, epoch, logs=None):
        self.entries.append((epoch, logs["loss"]))
        self.last["weight"] = self.model.get_weights()[0]
        self.model.stop_training = len(self.entries) == self.pages


class Slower(keras.callbacks.Callback):
    """A user's callback whose state is not a plain value: a set of epochs at which the rate falls."""

    def on_train_begin(self, logs=None):
        self.epochs = set()

    def on_epoch_begin(self, epoch, logs=None):
        self.epochs.add(epoch)
        self.model.optimizer.learning_rate = 0.5 ** len(self.epochs)

    def get_state(self):
        return sorted(self.epochs)

    def set_state(self, state):
        self.epochs = set(state)


class Training:
    """A training run with newly built parts."""

    def __init__(self, overrides, dataset, directory, checkpoint=None, callbacks=()):
        chosen = settings(*SMALL, *overrides)
        self.parts = build_parts(chosen, dataset, build_split(chosen, dataset), directory)
        self.parts.callbacks.extend(callbacks)
        self.model = self.parts.model
        self.epochs = train(
            CompiledEpoch(self.model, self.parts.targets.train, self.parts.batch_size, self.parts.augment),
            Evaluator(self.model, self.parts.targets.validation),
            epochs=chosen.training.epochs,
            order=shuffled(chosen.seed, len(self.parts.split.train)),
            callbacks=self.parts.callbacks,
            diagnostics=self.parts.diagnostics,
            checkpoint=checkpoint,
        )

    def values(self):
        """Return the bits of all learnt values and random states; the order of the examples needs no state."""
        variables = [*self.model.variables, *self.model.optimizer.variables]
        variables += self.parts.augment.variables if self.parts.augment else []
        return [(variable.path, variable.numpy().tobytes()) for variable in variables]

    def end(self, copied=None):
        """Train to the end, and copy the checkpoint at each epoch's end, as a killed training run would leave it."""
        rows = []
        for row in self.epochs:
            rows.append({name: value for name, value in row.items() if name != "seconds"})
            if copied:
                shutil.copy(copied, copied.with_stem(f"after_{row['epoch']}"))
        return rows, [diagnostic.rows for diagnostic in self.parts.diagnostics], self.values()


def assert_resumed_equals_undisturbed(overrides, dataset, directory, resumed_after=(2,), callbacks=list):
    """Return the rows and the other results of `end`. `callbacks` makes new callbacks for each training run."""
    path = directory / "state.npz"
    undisturbed = Training(overrides, dataset, directory, Checkpoint(path), callbacks()).end(copied=path)
    for epoch in resumed_after:
        copy = Checkpoint(path.with_stem(f"after_{epoch}"))
        rows, tables, values = Training(overrides, dataset, directory, copy, callbacks()).end()
        assert repr(rows) == repr(undisturbed[0])  # even if a loss is NaN
        assert tables == undisturbed[1]
        assert values == undisturbed[2]
    return undisturbed


@pytest.mark.parametrize("case", CASES)
def test_a_resumed_training_ends_bit_identical_to_an_undisturbed_one(case, dataset, tmp_path):
    rows, *_ = assert_resumed_equals_undisturbed(CASES[case], dataset, tmp_path)
    assert len(rows) == 4


def test_one_in_half_precision_does(dataset, tmp_path):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        assert_resumed_equals_undisturbed(["regularizer=[dropout]", "averaging=ema"], dataset, tmp_path)
    finally:
        keras.config.set_dtype_policy("float32")


def test_one_whose_rate_is_reduced_on_a_plateau_does(dataset, tmp_path):
    plateau = ["schedule=reduce_on_plateau", "schedule.patience=2", "+schedule.min_delta=10"]
    rows, *_ = assert_resumed_equals_undisturbed(plateau, dataset, tmp_path)
    assert [row["learning_rate"] for row in rows] == pytest.approx([0.001, 0.001, 0.001, 0.0005])


def test_one_that_stops_early_does_before_and_after_the_stop(dataset, tmp_path):
    # No epoch is better than the first by this amount.
    stopping = [
        "callbacks=[early_stopping]",
        "callbacks.early_stopping.patience=2",
        "+callbacks.early_stopping.min_delta=10",
    ]
    rows, _, values = assert_resumed_equals_undisturbed(stopping, dataset, tmp_path, resumed_after=(1, 2, 3))
    assert len(rows) == 3
    first = Training([*stopping, "training.epochs=1"], dataset, tmp_path)
    first.end()
    assert [bits for _, bits in values[:4]] == [weight.tobytes() for weight in first.model.get_weights()]


def test_one_that_is_done_is_not_trained_again(dataset, tmp_path):
    path = tmp_path / "state.npz"
    done = list(Training(["averaging=swa"], dataset, tmp_path, Checkpoint(path)).epochs)
    written = path.read_bytes()
    assert list(Training(["averaging=swa"], dataset, tmp_path, Checkpoint(path)).epochs) == done  # with seconds
    assert path.read_bytes() == written


def test_one_that_diverged_is_not_trained_again(dataset, tmp_path):
    rows, *_ = assert_resumed_equals_undisturbed(
        ["optimizer=sgd", "optimizer.learning_rate=1e30"], dataset, tmp_path, (1,)
    )
    assert len(rows) == 1


def test_users_callbacks_go_on_from_what_they_held(dataset, tmp_path):
    sgd = ["optimizer=sgd", "schedule=constant"]
    rows, *_ = assert_resumed_equals_undisturbed(sgd, dataset, tmp_path, callbacks=lambda: [Slower(), Diary()])
    assert [row["learning_rate"] for row in rows] == [0.5, 0.25, 0.125]


def test_the_csv_loggers_table_has_each_epoch_once(dataset, tmp_path):
    tables = []

    def logger():
        tables.append(tmp_path / f"{len(tables)}.csv")  # a different file: the run's directory was moved
        return [keras.callbacks.CSVLogger(str(tables[-1]))]

    assert_resumed_equals_undisturbed([], dataset, tmp_path, resumed_after=(1, 4), callbacks=logger)
    assert len(tables) == 3
    assert len({table.read_bytes() for table in tables}) == 1
    assert len(tables[0].read_text().splitlines()) == 5


def test_checkpoints_leave_a_training_as_it_is(dataset, tmp_path):
    assert (
        Training([], dataset, tmp_path).end() == Training([], dataset, tmp_path, Checkpoint(tmp_path / "a.npz")).end()
    )


def train_and_be_killed(dataset, directory):
    """Kill the training process in the third epoch, when it has already changed the weights of the second."""
    killer = keras.callbacks.LambdaCallback(
        on_test_begin=lambda logs: epochs_begun == [0, 1, 2] and os.kill(os.getpid(), signal.SIGKILL),
        on_epoch_begin=lambda epoch, logs: epochs_begun.append(epoch),
    )
    epochs_begun: list[int] = []
    Training(KILLED, dataset, directory, Checkpoint(directory / "state.npz"), [killer]).end()


KILLED = ["regularizer=[dropout]", "augmentation=[rotation]", "averaging=ema"]


def test_a_training_whose_process_was_killed_goes_on(dataset, tmp_path):
    start_server()
    process = multiprocessing.get_context("forkserver").Process(target=train_and_be_killed, args=(dataset, tmp_path))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    bystander = keras.callbacks.LambdaCallback()
    resumed = Training(KILLED, dataset, tmp_path, Checkpoint(tmp_path / "state.npz"), [bystander])
    assert next(resumed.epochs)["epoch"] == 1
    assert resumed.model.optimizer.iterations == 2 * 5
    rows, _, values = resumed.end()
    undisturbed = Training(KILLED, dataset, tmp_path).end()
    assert rows == undisturbed[0][1:]
    assert values == undisturbed[2]


FIRST = ["optimizer=sgd", "training.epochs=1"]


@pytest.fixture(scope="module")
def checkpoint_of_an_epoch(dataset, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("checkpoint") / "state.npz"
    Training(FIRST, dataset, path.parent, Checkpoint(path)).end()
    return path


@pytest.fixture
def begin(dataset, checkpoint_of_an_epoch, tmp_path):
    """begin(*overrides) -> the progress restored from a checkpoint of one epoch of `optimizer=sgd`."""
    path = Path(shutil.copy(checkpoint_of_an_epoch, tmp_path))

    def begin(*overrides):
        training = Training([*FIRST, *overrides], dataset, tmp_path)
        training.model.optimizer.build(training.model.trainable_variables)
        before = training.values()
        progress = Checkpoint(path).begin(training.model, training.parts.callbacks, training.parts.augment)
        return progress.rows, training.values() == before

    return begin


def test_a_whole_file_that_fits_is_taken(begin, caplog):
    rows, unchanged = begin()
    assert len(rows) == 1
    assert not unchanged
    assert not caplog.messages


@pytest.mark.parametrize(
    "others",
    [["optimizer=adam"], ["model.hidden_units=[64]"], ["augmentation=[rotation]"], ["callbacks=[early_stopping]"]],
)
def test_anothers_state_is_refused_with_a_warning(others, begin, caplog):
    assert begin(*others) == ([], True)
    assert "starts from the beginning" in caplog.text


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.999])
def test_a_truncated_file_is_refused_with_a_warning(kept, begin, tmp_path, caplog):
    path = tmp_path / "state.npz"
    whole = path.read_bytes()
    path.write_bytes(whole[: kept if isinstance(kept, int) else int(kept * len(whole))])
    assert begin() == ([], True)
    assert "starts from the beginning" in caplog.text


def test_a_file_with_a_changed_byte_is_refused_with_a_warning(begin, tmp_path, caplog):
    path = tmp_path / "state.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert begin() == ([], True)
    assert "starts from the beginning" in caplog.text


def restored(before, after):
    """Restore in `after` the state that `before` has after its first epoch."""
    keepers = [Keeper(callback) for callback in (before, after)]
    before.best, before.history = 0.25, [1.0]
    arrays = []
    keepers[1].restore(decode(keepers[0].encoded(arrays), arrays))
    return after


def test_what_a_callback_changed_of_itself_comes_back():
    after = restored(keras.callbacks.EarlyStopping(), keras.callbacks.EarlyStopping())
    assert (after.best, after.history) == (0.25, [1.0])


def test_a_callback_of_a_directory_that_was_moved_writes_to_where_it_is_now():
    there, here = (keras.callbacks.ModelCheckpoint(f"{place}/best.keras") for place in ("there", "here"))
    assert restored(there, here).filepath == "here/best.keras"
