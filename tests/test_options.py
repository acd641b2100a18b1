"""Every file in `conf/` composes, builds and trains for two steps; a new one is picked up from there."""

import gzip

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from runner.build import build_dataset, build_parts, build_split
from runner.config.locations import conf_directory
from runner.engine.evaluation import Evaluator
from runner.engine.training import CompiledEpoch, shuffled, train
from runner.request import SWEEP_GROUPS
from tests.composed import choice, settings

OPTIONS = sorted(
    (path.parent.name, path.stem)
    for path in conf_directory().glob("*/*.yaml")
    if path.parent.parent == conf_directory() and path.parent.name not in ("hydra", "device", *SWEEP_GROUPS)
)
EXAMPLES = 100  # of data that are made here
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
# What an option cannot do without.
NEEDS = {"spatial_dropout": ["model=cnn", "model.kernel_size=2"]}


def write_idx(path, array):
    header = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4) for size in array.shape)
    path.write_bytes(gzip.compress(header + array.astype(np.uint8).tobytes()))


def files_for(option: str, directory, mnist_root) -> list[str]:
    """Write what a data set is read from, and return the overrides that lead there."""
    generator = np.random.default_rng(0)
    labels = np.arange(EXAMPLES) % 10
    images = generator.integers(0, 256, (EXAMPLES, 12, 12))
    match option:
        case "mnist":
            return [f"dataset.root={mnist_root()}"]
        case "fashion_mnist":
            folder = directory / "fashion_mnist"
            folder.mkdir()
            for part, size in (("train", EXAMPLES), ("t10k", 20)):
                write_idx(folder / f"{part}-images-idx3-ubyte.gz", images[-size:])
                write_idx(folder / f"{part}-labels-idx1-ubyte.gz", labels[-size:])
            return [f"dataset.root={directory}"]
        case "npz":
            np.savez(directory / "own.npz", x=images.astype(np.uint8), y=labels)
            return [f"dataset.path={directory / 'own.npz'}"]
        case "csv":
            frame = pd.DataFrame(generator.random((EXAMPLES, 4)), columns=list("abcd"))
            frame.assign(label=labels).to_csv(directory / "own.csv", index=False)
            return [f"dataset.path={directory / 'own.csv'}"]
        case "images":
            for number, (image, label) in enumerate(zip(images, labels, strict=True)):
                folder = directory / f"class_{label}"
                folder.mkdir(exist_ok=True)
                Image.fromarray(image.astype(np.uint8)).save(folder / f"{number}.png")
            return [f"dataset.path={directory}"]
        case _:
            return []


def data_for(group: str, option: str, directory, mnist_root) -> list[str]:
    """Return the overrides for little data of the kind that the option is for."""
    match group:
        case "dataset":
            return files_for(option, directory, mnist_root)
        case "experiment" if settings(choice(group, option)).dataset.name != "mnist":
            return []
        case "experiment" | "model":
            return ["dataset=mnist_5k", "dataset.validation_split=0.01"]
        case _:
            return ["dataset=digits", "dataset.validation_split=0.05"]


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_it_trains_for_two_steps(group, option, tmp_path, request):
    data = data_for(group, option, tmp_path, lambda: request.getfixturevalue("mnist_root"))
    brief = BRIEF.get(option, BRIEF["mini_batch"])
    chosen = settings(choice(group, option), *NEEDS.get(option, []), *data, *brief)
    dataset = build_dataset(chosen)
    parts = build_parts(chosen, dataset, build_split(chosen, dataset), tmp_path)
    before = [weight.copy() for weight in parts.model.get_weights()]
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
    moved = [np.any(one != other) for one, other in zip(before, parts.model.get_weights(), strict=True)]
    assert any(moved)
    parts.model.save(tmp_path / "model.keras")
