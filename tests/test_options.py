"""Every file in `conf/` composes, builds and trains for two steps; the test finds new files itself.

Options of different groups are trained together, because composing and compiling take most of the time. If such a row
fails, each of its options is trained alone, and the failing one is named.
"""

from itertools import zip_longest

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from runner.core.errors import ConfigError
from runner.core.paths import conf_directory
from runner.engine.evaluation import Evaluator
from runner.engine.training import CompiledEpoch, shuffled, train
from runner.run.build import build_dataset, build_parts, build_split
from runner.run.request import SWEEP_GROUPS
from tests.composed import choice, config, settings
from tests.published import FLOWERS, cifar_binary, emnist_archive, leads_to, mnist_files, openml_cache, openml_pages

TOGETHER = (
    ("dataset", "optimizer", "schedule", "initializer", "regularizer", "normalization", "clipping", "averaging"),
    ("model", "augmentation", "diagnostics", "tracking"),
    ("preprocessing", "training", "callbacks"),
)
GROUPS = {path.parent.name for path in conf_directory().glob("*/*.yaml")} - {"hydra", "device", *SWEEP_GROUPS}


def options(group: str) -> list[tuple[str, str]]:
    return [(group, path.stem) for path in sorted(conf_directory().glob(f"{group}/*.yaml"))]


def rows() -> list[list[tuple[str, str]]]:
    """Return rows of all options: options of compatible groups together, options of other groups alone."""
    together = [row for groups in TOGETHER for row in zip_longest(*map(options, groups))]
    alone = [[part] for group in sorted(GROUPS.difference(*TOGETHER)) for part in options(group)]
    return [[part for part in row if part] for row in together] + alone


EXAMPLES = 100  # for data that are made here
STEPS, BATCH = 2, 16  # a warm-up has no rate in its first step
BRIEF = {
    "online": ["training.batch_size=1", f"dataset.train_size={STEPS}"],
    "snapshots": [
        f"training.batch_size={BATCH}",
        f"dataset.train_size={BATCH}",
        f"training.epochs={STEPS}",
        "callbacks.snapshots.every=1",
    ],
    "full_batch": ["training.batch_size=full", f"dataset.train_size={BATCH}", f"training.epochs={STEPS}"],
    "mini_batch": [f"training.batch_size={BATCH}", f"dataset.train_size={STEPS * BATCH}", "training.epochs=1"],
}
NEEDS = {
    "spatial_dropout": ["model=cnn", "model.kernel_size=2"],  # it requires this
    # This saves seconds of compilation; tests/models/test_families.py and tests/test_recipes.py build all blocks.
    "vit_tiny": ["model.depth=1"],
    "resnet20": ["model.blocks=1"],
    "cifar10_resnet20": ["model.blocks=1"],
    "cifar10_rand_augment": ["model.blocks=1"],
}


def files_for(option: str, directory, monkeypatch) -> list[str]:
    """Write the files of a data set, and return the overrides that select them."""
    generator = np.random.default_rng(0)
    labels = np.arange(EXAMPLES) % 10
    images = generator.integers(0, 256, (EXAMPLES, 12, 12), np.uint8)
    match option:
        case "mnist" | "fashion_mnist" | "kmnist":
            mnist_files(directory / option, images, labels, test=20)
            return [f"dataset.root={directory}", "dataset.fingerprint=null"]
        case "emnist":
            path = emnist_archive(directory, "digits", images, labels, test=20)
            return ["dataset.subset=digits", *leads_to(path)]
        case "cifar10" | "cifar100":
            classes = int(option.removeprefix("cifar"))
            numbers = np.arange(EXAMPLES + 2 * classes) % classes
            colours = generator.integers(0, 256, (len(numbers), 32, 32, 3))
            return leads_to(cifar_binary(directory, classes, colours, numbers, test=classes))
        case "keras":
            monkeypatch.setattr("keras.datasets.mnist.load_data", lambda: ((images, labels), (images, labels)))
            return ["dataset.name=mnist"]
        case "openml":
            rows = "".join(
                f"{n},{n % 7},{('red', 'blue')[n % 2]},{('rose', 'tulip')[n % 2]}\n" for n in range(EXAMPLES)
            )
            openml_cache(directory, openml_pages("http://127.0.0.1:9/", FLOWERS + rows))
            return [f"dataset.root={directory}", "dataset.name=flowers"]
        case "npz":
            np.savez(directory / "own.npz", x=images, y=labels)
            return [f"dataset.path={directory / 'own.npz'}"]
        case "csv":
            frame = pd.DataFrame(generator.random((EXAMPLES, 4)), columns=list("abcd"))
            frame.assign(label=labels).to_csv(directory / "own.csv", index=False)
            return [f"dataset.path={directory / 'own.csv'}"]
        case "images":
            for number, (image, label) in enumerate(zip(images, labels, strict=True)):
                folder = directory / f"class_{label}"
                folder.mkdir(exist_ok=True)
                Image.fromarray(image).save(folder / f"{number}.png")
            return [f"dataset.path={directory}"]
        case _:
            return []


def data_for(row, directory, monkeypatch) -> list[str]:
    """Return the overrides for a small data set of the kind that the options need."""
    chosen = dict(row)
    if "dataset" in chosen:
        return files_for(chosen["dataset"], directory, monkeypatch)
    recipe = config(f"experiment={chosen['experiment']}") if "experiment" in chosen else None
    if recipe and recipe["dataset"]["name"] != "mnist":
        return files_for(recipe["dataset"]["name"], directory, monkeypatch)
    if {"experiment", "model"} & chosen.keys():
        return ["dataset=mnist_5k", "dataset.validation_split=0.01"]
    return ["dataset=digits", "dataset.validation_split=0.05"]


def brief(names):
    return next((BRIEF[name] for name in BRIEF if name in names), BRIEF["mini_batch"])


def assert_trains(row, directory, monkeypatch):
    directory.mkdir()
    names = [option for _, option in row]
    needs = [override for name in names for override in NEEDS.get(name, [])]
    overrides = [choice(*part) for part in row]
    chosen = settings(*overrides, *needs, *data_for(row, directory, monkeypatch), *brief(names))
    dataset = build_dataset(chosen)
    parts = build_parts(chosen, dataset, build_split(chosen, dataset), directory)
    before = [weight.numpy() for weight in parts.model.trainable_weights]
    rows = list(
        train(
            CompiledEpoch(parts.model, parts.targets.train, parts.batch_size, parts.augment),
            Evaluator(parts.model, parts.targets.validation),
            epochs=chosen.training.epochs,
            order=shuffled(0, len(parts.split.train)),
            callbacks=parts.callbacks,
            diagnostics=parts.diagnostics,
        )
    )
    assert int(parts.model.optimizer.iterations.numpy()) == STEPS
    assert all(np.isfinite(value) for row in rows for value in row.values())
    moved = [np.any(one != other.numpy()) for one, other in zip(before, parts.model.trainable_weights, strict=True)]
    assert any(moved)
    parts.model.save(directory / "model.keras")


@pytest.mark.parametrize("row", rows(), ids=lambda row: " ".join(f"{group}={option}" for group, option in row))
def test_it_trains_for_two_steps(row, tmp_path, monkeypatch):
    try:
        assert_trains(row, tmp_path / "together", monkeypatch)
    except Exception as error:
        for part in row:
            assert_trains([part], tmp_path / part[1], monkeypatch)
        if not isinstance(error, ConfigError):  # the message says that they are incompatible
            raise
