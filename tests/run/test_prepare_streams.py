"""Each stream of randomness has its own seed; changing one seed leaves the other streams unchanged."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from runner.data.dataset import Dataset, Part, Split
from runner.engine.weights import weight_hashes
from runner.run.build import build_parts
from runner.run.prepare import training
from tests.composed import settings

STREAMS = ["weights", "order", "dropout", "augmentation"]
BASE = ("regularizer=[dropout]", "augmentation=[translation]", "training.epochs=1")


@pytest.fixture
def drawn(digits, tmp_path):
    """drawn("stream_seeds.order=1") -> the random choices of the run by stream, without training."""
    images, labels = digits
    parts = [Part((images[part] / 255).astype(np.float32), labels[part]) for part in (slice(64), slice(64, 96))]
    split = Split(*parts, parts[1])
    untrained = SimpleNamespace(train=lambda *, order, **_: order)

    def draw(*overrides):
        chosen = settings(*BASE, *overrides)
        made = build_parts(chosen, Dataset("digits", "made", 10, images, labels, images, labels), split, tmp_path)
        order = training(SimpleNamespace(settings=chosen, parts=made), untrained, 1)
        dropout = next(layer for layer in made.model.layers if isinstance(layer, keras.layers.Dropout))
        return {
            "weights": weight_hashes(made.model)["values"],
            "order": order(1).tolist(),
            "dropout": np.asarray(dropout.seed_generator.state).tolist(),
            "augmentation": made.examples[1].tolist(),
        }

    return draw


def test_a_streams_own_seed_moves_this_stream_alone_as_the_runs_seed_would(drawn):
    usual, others = drawn("seed=0"), drawn("seed=1")
    for stream in STREAMS:
        assert drawn("seed=0", f"stream_seeds.{stream}=1") == usual | {stream: others[stream]}
    assert not [stream for stream in STREAMS if usual[stream] == others[stream]]
