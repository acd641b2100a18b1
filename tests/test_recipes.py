"""Every recipe in `conf/experiment/` builds the network that its source describes."""

import keras
import numpy as np
import pytest

from runner.core.paths import conf_directory
from runner.data.dataset import Part
from runner.engine.weights import fresh_session
from tests.composed import config, model_for, settings

RECIPES = sorted(path.stem for path in (conf_directory() / "experiment").glob("*.yaml"))
ON_OTHER_DATA = {
    "binary_classifier": "binary",
    "cifar10_rand_augment": "cifar10",
    "cifar10_resnet20": "cifar10",
    "smoke": "mnist_5k",
}
SHAPES = {"binary": (10,), "cifar10": (32, 32, 3)}
ARTICLE = 784 * 128 + 128 + 1290
RESNET20 = (
    27 * 16 + 16  # stem
    + 6 * (9 * 16 * 16 + 16)
    + (9 * 16 * 32 + 32) + 5 * (9 * 32 * 32 + 32) + (16 * 32 + 32)
    + (9 * 32 * 64 + 64) + 5 * (9 * 64 * 64 + 64) + (32 * 64 + 64)
    + 4 * (16 + 6 * 16 + 6 * 32 + 6 * 64)  # gamma, beta, moving mean and variance
    + 650
)  # fmt: skip
CNN = 260 + 5020 + 320 * 50 + 50 + 510
PARAMETERS = {
    "adam_per_epoch_decay": CNN,
    "algoperf_mnist": ARTICLE,
    "article_mnist": ARTICLE,
    "article_mnist_full": ARTICLE + 4 * 128,  # gamma, beta, moving mean and variance
    "best_single": None,  # our own network, without a published count
    "binary_classifier": 10 * 64 + 64 + 64 * 32 + 32 + 32 + 1,
    "cifar10_rand_augment": RESNET20,
    "cifar10_resnet20": RESNET20,
    "cnn_batchnorm": CNN + 4 * 30,
    "cnn_step_decay": CNN,
    "deepobs_mnist_mlp": 784 * 1000 + 1000 + 1000 * 500 + 500 + 500 * 100 + 100 + 1010,
    "fast_99": None,
    "keras_convnet": 34_826,  # as printed on Keras's page
    "keras_mlp": 669_706,  # likewise
    "lr_range_test": ARTICLE,
    "mlp_sgd": 784 * 256 + 256 + 256 * 128 + 128 + 1290,
    "smoke": ARTICLE,
    "srivastava_dropout": 784 * 1024 + 1024 + 2 * (1024 * 1024 + 1024) + 10_250,
    "tf_quickstart": ARTICLE,
}


def built(recipe: str) -> keras.Model:
    fresh_session(0)
    chosen = settings(f"experiment={recipe}")
    shape = SHAPES.get(chosen.dataset.name, (28, 28, 1))
    labels = np.zeros((4, 1) if chosen.dataset.name == "binary" else 4, np.int32)
    smooths = "label_smoothing" in chosen.regularizer
    data = Part(np.zeros((4, *shape), np.float32), np.eye(10, dtype=np.float32)[labels] if smooths else labels)
    return model_for(chosen, data, 2 if chosen.dataset.name == "binary" else 10, steps_per_epoch=100)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_builds_the_network_that_its_source_describes(recipe):
    assert recipe in PARAMETERS
    model = built(recipe)
    if PARAMETERS[recipe]:
        assert model.count_params() == PARAMETERS[recipe]


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_names_its_data_and_bears_its_own_name(recipe):
    chosen = config(f"experiment={recipe}")
    assert chosen["dataset"]["name"] == ON_OTHER_DATA.get(recipe, "mnist")
    assert chosen["name"] == recipe


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_begins_with_what_it_is_and_its_command(recipe):
    package, what, *rest = (conf_directory() / "experiment" / f"{recipe}.yaml").read_text().splitlines()
    assert package == "# @package _global_"
    assert what.startswith("# ")
    assert any(line.startswith(f"# runner experiment={recipe}") for line in rest)


@pytest.mark.parametrize(
    ("recipe", "examples"),
    [("keras_convnet", 54_000), ("algoperf_mnist", 50_000), ("article_mnist", 48_000)],
)
def test_a_recipe_trains_on_as_many_images_as_its_source(recipe, examples):
    assert int(60_000 * (1 - config(f"experiment={recipe}")["dataset"]["validation_split"])) == examples


def test_the_cifar_recipe_trains_as_he_et_al_do():
    """Section 4.2: 45,000 images in batches of 128, 64,000 steps, the rate divided by 10 after 32,000 and 48,000."""
    chosen = config("experiment=cifar10_resnet20")
    steps = -(-int(50_000 * (1 - chosen["dataset"]["validation_split"])) // chosen["training"]["batch_size"])
    assert steps * chosen["training"]["epochs"] == pytest.approx(64_000, abs=steps)
    assert chosen["schedule"]["boundaries"] == [32_000, 48_000]
    assert (chosen["optimizer"]["learning_rate"], chosen["optimizer"]["momentum"]) == (0.1, 0.9)
    assert 2 * chosen["regularizer"]["l2"]["l2"] == 0.0001  # their penalty is half the decay times the square
    assert [*chosen["augmentation"]] == ["crop", "horizontal_flip"]


def test_the_keras_convnet_is_layer_for_layer_that_of_the_page():
    kinds = [type(layer).__name__ for layer in built("keras_convnet").layers]
    block = ["Conv2D", "MaxPooling2D", "Activation"]  # same result with a quarter of the work
    assert kinds == [*block, *block, "Flatten", "Dropout", "Dense"]


def test_dropout_of_inputs_and_of_hidden_units_differ_in_srivastavas_network():
    rates = [layer.rate for layer in built("srivastava_dropout").layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == [0.2, 0.5, 0.5, 0.5]


def test_the_full_article_has_all_of_its_tips():
    chosen = config("experiment=article_mnist_full")
    assert chosen["normalization"]["_target_"] == "keras.layers.BatchNormalization"
    assert chosen["clipping"] == {"clipnorm": 1.0}
    assert {key: chosen["callbacks"]["early_stopping"][key] for key in ("monitor", "patience")} == {
        "monitor": "val_loss",
        "patience": 5,
    }
    assert "tensorboard" in chosen["callbacks"]
    plateau = {"monitor": "val_loss", "factor": 0.5, "patience": 10, "min_lr": 0.0001}
    assert plateau.items() <= chosen["schedule"].items()
    assert chosen["schedule"]["_target_"] == "keras.callbacks.ReduceLROnPlateau"


def test_momentum_of_deepobs_is_the_recipe_with_another_optimizer():
    overrides = ("optimizer=momentum", "optimizer.momentum=0.99", "optimizer.learning_rate=0.00398")
    optimizer = config("experiment=deepobs_mnist_mlp", *overrides)["optimizer"]
    assert (optimizer["learning_rate"], optimizer["momentum"]) == (0.00398, 0.99)
