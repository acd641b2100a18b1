"""The third of the three checks: every part can be built, and acts as configured."""

import re
import sys

import keras
import numpy as np
import pytest

from runner.core.errors import ConfigError
from runner.data.dataset import Dataset, Part, Split
from runner.engine.evaluation import Evaluator
from runner.engine.keras_internals import schedule_of
from runner.engine.training import CompiledEpoch, train
from runner.engine.weights import fresh_session
from runner.run.build import build_callbacks, build_dataset, build_parts
from runner.run.instantiate import locate
from tests.composed import model_for, settings


@pytest.fixture
def split(digits) -> Split:
    images, labels = digits
    scaled = (images / 255).astype(np.float32)
    return Split(*(Part(scaled[part], labels[part]) for part in (slice(150), slice(150, 200), slice(200, 250))))


def model_of(split, *overrides):
    fresh_session(0)
    return model_for(settings(*overrides), split.train, 10)


def test_the_default_configuration_is_the_articles_case(split):
    model = model_of(split)
    flatten, dense, activation, dropout, output = model.layers
    assert (type(flatten), type(dropout), dropout.rate) == (keras.layers.Flatten, keras.layers.Dropout, 0.2)
    assert (dense.units, activation.activation, output.units, output.activation) == (
        128,
        keras.activations.relu,
        10,
        keras.activations.softmax,
    )
    assert type(dense.kernel_regularizer) is keras.regularizers.L2
    assert float(dense.kernel_regularizer.l2) == pytest.approx(0.01)
    assert output.kernel_regularizer is None
    assert type(model.optimizer) is keras.optimizers.Adam
    schedule = schedule_of(model.optimizer)
    assert type(schedule) is keras.optimizers.schedules.ExponentialDecay
    assert float(schedule(0)) == pytest.approx(0.001)
    assert float(schedule(20_000)) == pytest.approx(0.001 * 0.9**2)
    assert model.loss == "sparse_categorical_crossentropy"
    training = settings().training
    assert (training.epochs, training.batch_size, training.metrics) == (20, 64, ["accuracy"])
    assert settings().dataset.validation_split == 0.2


def test_l1_and_l2_together_are_keras_l1l2(split):
    model = model_of(split, "regularizer=[l1,l2]", "regularizer.l1.l1=0.25", "regularizer.l2.l2=0.5")
    kernel = model.layers[1].kernel.numpy()
    expected = 0.25 * np.abs(kernel).sum() + 0.5 * np.square(kernel).sum()
    assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("option", "clipped"),
    [("by_global_norm", (1.0, None, None)), ("by_norm", (None, 1.0, None)), ("by_value", (None, None, 0.5))],
)
def test_clipping_is_an_argument_of_the_optimizer(split, option, clipped):
    optimizer = model_of(split, f"clipping={option}").optimizer
    assert (optimizer.global_clipnorm, optimizer.clipnorm, optimizer.clipvalue) == clipped


def test_cosine_without_a_length_reaches_zero_at_the_end_of_the_training(split):
    schedule = schedule_of(model_of(split, "schedule=cosine", "training.epochs=5").optimizer)
    rates = [float(schedule(step)) for step in (0, 7.5, 15)]
    assert rates == pytest.approx([0.001, 0.0005, 0.0], abs=1e-9)


def test_callbacks_write_into_the_run_directory(tmp_path):
    (tensorboard,) = build_callbacks(settings("callbacks=[tensorboard]"), tmp_path)
    assert tensorboard.log_dir == str(tmp_path / "tensorboard")


def test_so_they_do_where_they_are_not_told(tmp_path):
    (tensorboard,) = build_callbacks(settings("callbacks=[tensorboard]", "~callbacks.tensorboard.log_dir"), tmp_path)
    assert tensorboard.log_dir == str(tmp_path / "logs")


@pytest.mark.parametrize("path", ["/else", "../else", "a/../../else", ".", "a/..", ""])
def test_callbacks_write_nowhere_else(tmp_path, path):
    with pytest.raises(ConfigError, match=r"callbacks\.tensorboard\.log_dir=.*: must be inside the run directory"):
        build_callbacks(settings("callbacks=[tensorboard]", f"callbacks.tensorboard.log_dir={path}"), tmp_path)


class Board(keras.callbacks.TensorBoard):
    """Callback whose `log_dir` is an argument of its parent class."""

    def __init__(self, backup_dir="", **arguments):
        super().__init__(**arguments)
        self.backup_dir = backup_dir


def test_so_does_a_users_own_where_its_parent_has_a_directory(tmp_path):
    own = [
        "callbacks=[tensorboard]",
        "~callbacks.tensorboard.log_dir",
        f"callbacks.tensorboard._target_={__name__}.Board",
    ]
    (board,) = build_callbacks(settings(*own), tmp_path)
    assert (board.log_dir, board.backup_dir) == (str(tmp_path / "logs"), "")


@pytest.mark.parametrize("name", ["record.json", ".lock", "checkpoint/state.npz", "accuracy.png"])
def test_callbacks_write_no_file_of_the_runs_own(tmp_path, name):
    with pytest.raises(ConfigError, match=r"callbacks\.tensorboard\.log_dir=.*: is a file that every run writes"):
        build_callbacks(settings("callbacks=[tensorboard]", f"callbacks.tensorboard.log_dir={name}"), tmp_path)


def test_a_file_that_no_callback_can_open_is_an_error_of_the_configuration(tmp_path):
    overrides = ["callbacks=[tensorboard]", "callbacks.tensorboard._target_=keras.callbacks.ModelCheckpoint"]
    chosen = settings(*overrides, "~callbacks.tensorboard.log_dir", "+callbacks.tensorboard.filepath=null")
    with pytest.raises(ConfigError, match=r"^callbacks\.tensorboard: keras\.callbacks\.ModelCheckpoint: "):
        build_callbacks(chosen, tmp_path)


def test_a_users_own_optimizer_is_chosen_by_its_target(split, tmp_path, monkeypatch):
    (tmp_path / "own_optimizers.py").write_text(
        """
import keras


class SignDescent(keras.optimizers.Optimizer):
    def __init__(self, learning_rate, factor=1.0):
        super().__init__(learning_rate)
        self.factor = factor

    def update_step(self, gradient, variable, learning_rate):
        self.assign_sub(variable, self.factor * learning_rate * keras.ops.sign(gradient))
"""
    )
    monkeypatch.syspath_prepend(tmp_path)
    own = ["optimizer=sgd", "optimizer._target_=own_optimizers.SignDescent", "+optimizer.factor=3", "schedule=constant"]
    model = model_of(split, *own)
    before = [weight.copy() for weight in model.get_weights()]
    evaluator = Evaluator(model, split.validation)
    list(train(CompiledEpoch(model, split.train, 150), evaluator, epochs=1, order=lambda epoch: np.arange(150)))
    for start, end in zip(before, model.get_weights(), strict=True):
        moved = np.abs(end - start)
        assert np.all(np.isclose(moved, 0.03, atol=1e-6) | (moved == 0))
        assert moved.any()


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["optimizer._target_=keras.optimizers.Adamm"], r"optimizer\._target_=.*Adamm: no such .* did you mean Adam\?"),
        (
            ["optimizer._target_=nowhere.Adam"],
            r"optimizer\._target_=nowhere\.Adam: there is no module nowhere;",
        ),
        (["+optimizer.beta_3=0.5"], r"optimizer\.beta_3=0\.5: Adam takes no such argument; did you mean beta_[12]\?"),
        (["+model.hidden_unit=3"], r"model\.hidden_unit=3: mlp takes no such argument; did you mean hidden_units\?"),
        (
            ["+regularizer.dropout.rat=3"],
            r"regularizer\.dropout\.rat=3: Dropout takes no such argument; did you mean rate",
        ),
        (["model.activation=rellu"], r"^model\.activation=rellu: not in Keras; did you mean relu\?"),
        (["model=cnn", "model.kernel_size=40"], r"^model: "),
        (["model=vit_tiny", "model.patch_size=0"], r"^model: .*patch_size=0: must be at least 1"),
        (["model=cnn_modern", "model.filters=[]"], r"^model: .*filters=\[\]: must contain"),
        (
            ["schedule=step", "schedule.decay_steps=two_epochs"],
            r"text where .* needed: schedule\.decay_steps=two_epochs",
        ),
        (
            ["training.loss=sparse_categorical_crosentropy"],
            r"training\.loss=.* did you mean sparse_categorical_crossentr",
        ),
        (["training.loss=ctc"], r"training\.loss=ctc: does not fit model and data: "),
        (
            ["augmentation=[mixup]", "training.loss=binary_crossentropy"],
            r"training\.loss=binary_crossentropy: mixed labels need a loss over all classes",
        ),
        (["training.metrics=[acuracy]"], r"training\.metrics=acuracy: not in Keras"),
        (["training.metrics=[accuracy,AUC]"], r"training\.metrics=AUC: does not take class numbers"),
        (["training.metrics=[categorical_accuracy]"], r"does not take class numbers.*categorical_crossentropy"),
        (
            ["training.metrics=[sparse_categorical_accuracy]", "training.loss=categorical_crossentropy"],
            r"takes class numbers; use training\.loss=sparse_categorical_crossentropy",
        ),
        (["training.metrics=[MeanIoU]"], r"training\.metrics=MeanIoU: needs arguments.*num_classes"),
        (["optimizer._target_=keras.optimizers"], r"optimizer\._target_=keras\.optimizers: neither a class nor"),
        (["optimizer=sgd", "optimizer._target_=builtins.dict"], r"optimizer\._target_=builtins\.dict: .* Keras opt"),
        (
            [
                "regularizer=[l1,l2]",
                "regularizer.l1._target_=keras.regularizers.OrthogonalRegularizer",
                "~regularizer.l1.l1",
            ],
            r"regularizer\.l1: cannot be combined with regularizer\.l2",
        ),
        (
            ["regularizer=[l1]", "regularizer.l1._target_=keras.losses.Huber", "~regularizer.l1.l1"],
            r"regularizer\.l1: not a Keras regularizer, constraint or layer",
        ),
    ],
)
def test_a_part_that_cannot_be_built_is_one_line_that_names_its_key(split, overrides, said):
    with pytest.raises(ConfigError, match=said) as caught:
        model_of(split, *overrides)
    assert "\n" not in str(caught.value)


def test_loaders_do_not_see_how_their_data_are_split():
    dataset = build_dataset(settings("dataset=mnist_5k", "dataset.validation_split=0.5", "dataset.split=random"))
    assert (len(dataset.train_labels), len(dataset.test_labels)) == (4000, 1000)


def parts_of(split, tmp_path, *overrides):
    inputs, labels = split.train.inputs, split.train.labels
    dataset = Dataset("own", "drawn", 10, inputs, labels, inputs[:20], labels[:20])
    return build_parts(settings("preprocessing=none", "training.epochs=2", *overrides), dataset, split, tmp_path)


@pytest.mark.parametrize(
    ("overrides", "idle"),
    [
        ([], []),
        (["model=cnn"], []),
        (["model=logistic"], ["regularizer.l2", "regularizer.dropout"]),
        (["model=logistic", "regularizer=[]", "normalization=batch"], ["normalization"]),
        (["model=logistic", "regularizer=[max_norm]"], ["regularizer.max_norm"]),
        (["normalization=layer", "regularizer=[max_norm,l1,gaussian_noise]"], []),
    ],
    ids=str,
)
def test_a_part_that_has_nothing_to_act_on_is_named(split, tmp_path, overrides, idle):
    warnings = parts_of(split, tmp_path, *overrides).warnings
    assert {text.partition(" ")[0] for text in warnings if "has no effect" in text} == set(idle)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["callbacks=[snapshots]", "training.epochs=9"], "fewer than two snapshots in 9 epochs"),
        (
            ["optimizer.gradient_accumulation_steps=1000", "training.batch_size=50"],
            "more than the 6 steps of training",
        ),
        (["training.batch_size=1", "augmentation=[mixup]"], "augmentation.mixup: mixes the images of a batch"),
    ],
)
def test_what_would_learn_or_mix_nothing_is_refused(split, tmp_path, overrides, said):
    with pytest.raises(ConfigError, match=said):
        parts_of(split, tmp_path, *overrides)


@pytest.mark.parametrize("model", ["mlp", "vit_tiny"])
def test_muon_is_for_kernels_with_two_axes_but_not_the_output_s(split, model):
    built = model_of(split, f"model={model}", "optimizer=muon")
    for weight in built.trainable_weights:
        wanted = weight.path.endswith("kernel") and len(weight.shape) == 2 and "/output/" not in f"/{weight.path}"
        assert built.optimizer._should_use_adamw(weight) != wanted, weight.path


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (None, "there is no module mine_here; install it, put its directory on PYTHONPATH, or run from there with"),
        ("import not_there_at_all", "importing mine_here fails: it needs the module not_there_at_all, which is not"),
        ("1 / 0", "importing mine_here fails: ZeroDivisionError: division by zero"),
        ("class Mne: ...", "no such class or function; did you mean Mne?"),
    ],
)
def test_a_class_that_cannot_be_imported_is_told_why(tmp_path, monkeypatch, source, said):
    if source is not None:
        (tmp_path / "mine_here.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "mine_here", raising=False)
    with pytest.raises(ConfigError, match=re.escape(f"optimizer._target_=mine_here.Mine: {said}")):
        locate("optimizer", "mine_here.Mine")


@pytest.mark.parametrize("model", ["cnn", "cnn_modern", "lenet5", "vit_tiny", "keras_convnet"])
def test_a_model_of_images_on_a_table_is_refused_in_its_words(model):
    table = Part(np.zeros((20, 12), np.float32), np.zeros(20, np.int32))
    with pytest.raises(ConfigError, match=r"needs images \(height, width, channels\); mnist has rows of 12 numbers"):
        model_for(settings(f"model={model}"), table, 10)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("cnn", r"cnn shrinks images of 8x8 \(mnist\) to nothing; use \+model\.padding=same, or choose a model"),
        ("keras_convnet", "to nothing; use"),  # its pooling fails, not a convolution
        ("lenet5", "lenet5 shrinks images of 8x8 .* to nothing; choose a model"),
    ],
)
def test_images_that_a_model_shrinks_to_nothing_are_refused(model, said):
    images = Part(np.zeros((20, 8, 8, 1), np.float32), np.zeros(20, np.int32))
    with pytest.raises(ConfigError, match=said):
        model_for(settings(f"model={model}"), images, 10)
