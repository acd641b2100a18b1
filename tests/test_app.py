"""The record of a run whose weights are averaged: its validation block is of the network that is tested."""

import numpy as np
import pytest
from rich.console import Console

from runner.app import run
from runner.records.run_directory import RunDirectory
from runner.reporting.scores import negative_log_likelihood
from runner.request import Request
from tests.composed import config

TINY = ("dataset=mnist_5k", "dataset.train_size=200", "training.epochs=2", "model.hidden_units=[4]")


@pytest.mark.parametrize("averaging", ["ema", "swa"])
def test_the_validation_scores_in_a_record_are_those_of_the_averaged_network(tmp_path, averaging):
    """As the predictions have it, which are of the model that is saved and tested."""
    chosen = config(*TINY, f"averaging={averaging}", "regularizer=[]")
    record = run(chosen, Request(tmp_path, {}, [], in_sweep=True), Console(quiet=True))
    kept = RunDirectory(tmp_path).read_predictions()
    probabilities, labels = kept["validation_probabilities"], kept["validation_labels"]
    assert record.validation["accuracy"] == pytest.approx(np.mean(probabilities.argmax(axis=1) == labels))
    assert record.validation["negative_log_likelihood"] == negative_log_likelihood(probabilities, labels)
    assert record.validation["loss"] == pytest.approx(record.validation["negative_log_likelihood"], rel=1e-4)
    assert record.summary()["val_accuracy"] == record.validation["accuracy"]
