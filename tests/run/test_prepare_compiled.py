"""Runs of a worker that share data and compiled functions."""

import numpy as np
import pytest

from runner.run.cache import Kept
from runner.run.prepare import prepare, take_compiled
from tests.composed import config

SMALL = ("dataset=mnist_5k", "dataset.train_size=200", "model.hidden_units=[4]")


@pytest.mark.parametrize(
    ("common", "first", "second", "is_shared"),
    [
        ([], "seed=0", "seed=1", True),
        ([], "optimizer.learning_rate=0.1", "optimizer.learning_rate=0.2", True),
        (["schedule=constant"], "optimizer.learning_rate=0.1", "optimizer.learning_rate=0.2", True),
        (["schedule=one_cycle"], "optimizer.learning_rate=0.1", "optimizer.learning_rate=0.2", False),
        ([], "schedule.decay_rate=0.9", "schedule.decay_rate=0.8", False),
        ([], "optimizer.beta_1=0.9", "optimizer.beta_1=0.8", False),
        ([], "training.epochs=2", "training.epochs=3", False),
    ],
)
def test_runs_share_it_if_they_differ_in_the_seed_or_the_base_rate_alone(tmp_path, common, first, second, is_shared):
    kept = Kept()
    taken = [
        take_compiled(prepare(config(*SMALL, *common, own), tmp_path, kept, one_thread=True), kept)
        for own in (first, second)
    ]
    assert (taken[0] is taken[1]) == is_shared


def test_runs_share_a_split_if_their_data_and_preprocessing_are_equal(tmp_path):
    kept = Kept()
    first, same, other = (
        prepare(config(*SMALL, own), tmp_path, kept, one_thread=True).parts.split
        for own in ("seed=0", "optimizer=sgd", "preprocessing=standardize")
    )
    assert first is same
    assert not np.array_equal(first.train.inputs, other.train.inputs)


def test_kernels_are_kept_for_the_same_network_alone(tmp_path, monkeypatch):
    discarded = []
    monkeypatch.setattr("runner.engine.keras_internals.discard_kernels", lambda: discarded.append(True))
    kept, seen = Kept(), []
    for own in ("seed=0", "seed=1", "optimizer.beta_1=0.8"):
        prepared = prepare(config(*SMALL, own), tmp_path, kept, one_thread=True)
        take_compiled(prepared, kept)
        seen.append((prepared.has_kept_kernels, len(discarded)))
    assert seen == [(False, 0), (True, 0), (True, 1)]
