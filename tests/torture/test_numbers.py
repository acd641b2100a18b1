"""Training runs that diverge end immediately as `diverged` and keep their history; a report counts them."""

import csv
import json
import math
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import runner.engine.final_evaluation
import runner.run.build
from runner.core.terminal import Terminal
from runner.records.record import RunRecord
from runner.records.run_directory import RunDirectory
from runner.run.execute import run
from runner.run.request import Request
from tests.composed import config

EPOCHS = 1_000  # requested epochs; diverging runs train only a few
OVERFLOWS = {  # -> largest number of epochs until the divergence is detected
    "a rate of 1e6, SGD": (["optimizer=sgd", "optimizer.learning_rate=1e6"], 2),
    "a rate of 1e6, momentum": (["optimizer=momentum", "optimizer.learning_rate=1e6"], 2),
    "a rate of 1e6, gradients accumulated": (
        ["optimizer=sgd", "optimizer.learning_rate=1e6", "optimizer.gradient_accumulation_steps=4"],
        3,
    ),
    "a rate of 1e6, in float16": (
        ["optimizer=sgd", "optimizer.learning_rate=1e6", "device.precision=mixed_float16"],
        3,
    ),
    "weights beyond float16": (["optimizer=adam", "optimizer.learning_rate=1e5", "device.precision=mixed_float16"], 3),
    "a penalty beyond float32": (["regularizer=[l2]", "regularizer.l2.l2=1e38"], 1),
}
QUICK = ["dataset=digits", "training.batch_size=50"]

pytestmark = pytest.mark.promise(
    "**Numbers**: a diverging run ends as `diverged` within its first epochs and keeps its history; a sweep in"
    " which half of the runs diverge is still reported"
)


def train(directory: Path, *overrides: str) -> tuple[RunRecord, list[dict[str, float]], float]:
    """Train in this process, without figures; return the record, the history, and the duration in seconds."""
    directory.mkdir()
    request = Request(directory, {}, list(overrides), in_sweep=True)
    began = time.perf_counter()
    run(config(*QUICK, f"training.epochs={EPOCHS}", *overrides), request, Terminal(quiet=True))
    seconds = time.perf_counter() - began
    kept = RunDirectory(directory)
    return kept.read_record(), kept.read_history(), seconds


def assert_diverged(record: RunRecord, history: list[dict[str, float]], most: int) -> None:
    assert record.status == "diverged"
    assert record.error is None
    assert record.test == {}
    assert 1 <= len(history) <= most
    assert [row["epoch"] for row in history] == list(range(1, len(history) + 1))
    finite = [math.isfinite(row["loss"]) and math.isfinite(row["val_loss"]) for row in history]
    assert finite == [True] * (len(history) - 1) + [False]
    assert record.summary()["epochs"] == len(history)


@pytest.mark.parametrize("name", OVERFLOWS)
def test_what_overflows_ends_as_diverged_within_epochs(name, tmp_path, measured):
    overrides, most = OVERFLOWS[name]
    record, history, seconds = train(tmp_path / "run", *overrides)
    assert_diverged(record, history, most)
    assert seconds < 60
    measured(f"diverged in epoch {len(history)} of {EPOCHS}, after {seconds:.1f} s")


def test_inputs_that_are_no_numbers_end_the_first_epoch(tmp_path, monkeypatch):
    """No loader accepts such inputs, but the user's own preprocessing may produce them."""
    sound = runner.run.build.build_dataset

    def broken(settings):
        dataset = sound(settings)
        return replace(dataset, train_inputs=np.full(dataset.train_inputs.shape, np.nan, np.float32))

    monkeypatch.setattr(runner.run.build, "build_dataset", broken)
    record, history, _ = train(tmp_path / "run", "preprocessing=none")
    assert_diverged(record, history, 1)


@pytest.mark.parametrize("rate", ["1e6", "1e30"])
def test_an_optimizer_that_bounds_its_steps_ends_one_way_or_the_other(rate, tmp_path):
    """Adam's steps are as long as its rate; on a ReLU network, the loss may stay finite even with a huge rate."""
    record, history, _ = train(
        tmp_path / "run", "optimizer=adam", f"optimizer.learning_rate={rate}", "training.epochs=3"
    )
    assert record.status in ("diverged", "completed")
    assert (record.status == "completed") == all(math.isfinite(row["loss"] + row["val_loss"]) for row in history)
    json.loads((tmp_path / "run" / "record.json").read_text(), parse_constant=pytest.fail)  # nevertheless standard JSON


@pytest.fixture(scope="session")
def half_lost(once, cli) -> Path:
    """A sweep over two optimizers and two rates; the runs with one of the rates diverge."""

    def train(folder: Path) -> None:
        grid = ["optimizer=sgd,momentum", "optimizer.learning_rate=0.1,1e6", "seed=0,1"]
        place = ["hydra.sweep.dir=sweep", "hydra.launcher.workers=1"]
        done = cli("-m", *QUICK, "training.epochs=4", *grid, *place, cwd=folder, timeout=600)
        assert done.returncode == 0, done.stderr  # divergence is a result, not a failure

    return once("half lost", train) / "sweep"


def test_of_a_sweep_the_sound_half_is_reported_and_the_other_counted(half_lost, measured):
    summary = pd.read_csv(half_lost / "summary.csv")
    by_rate = summary.groupby("optimizer.learning_rate")["status"].agg(Counter)
    assert by_rate.to_dict() == {0.1: {"completed": 4}, 1e6: {"diverged": 4}}
    aggregate = pd.read_csv(half_lost / "aggregate.csv").set_index("variant")
    for variant, row in aggregate.iterrows():
        lost = variant.endswith("=1e+06")
        assert (row["runs"], row["completed"], row["diverged"]) == (2, 0 if lost else 2, 2 if lost else 0)
        assert math.isnan(row["mean"]) == lost
        own = summary[(summary["variant"] == variant) & (summary["status"] == "completed")]
        assert lost or row["mean"] == pytest.approx(own["test_accuracy"].mean())
    with (half_lost / "comparisons.csv").open(newline="") as stream:
        lost = {row["variant"]: (row["lost"], row["difference"]) for row in csv.DictReader(stream)}
    assert len(lost) == 3
    for variant, found in lost.items():  # a diverged run counts as lost, and has no value
        assert (found == ("2", "")) == variant.endswith("=1e+06"), found
    measured("a sweep: 4 completed runs reported, 4 counted as diverged")


def test_the_report_says_so_in_words_and_draws_the_rest(half_lost):
    page = (half_lost / "index.html").read_text()
    assert "no test accuracy: both runs diverged" in page
    assert "2 diverged" in (half_lost / "table.md").read_text()
    for name in ("accuracy.png", "loss.svg", "test_accuracy.png"):
        assert (half_lost / name).stat().st_size > 5_000


def test_a_figure_of_the_test_set_that_is_no_number_is_none(tmp_path, monkeypatch):
    final = runner.engine.final_evaluation.final
    undefined = {"pearson_correlation": math.nan}  # for example, of outputs that are all equal

    def measured(*arguments):
        made = final(*arguments)
        return replace(made, test_metrics=made.test_metrics | undefined)

    monkeypatch.setattr(runner.engine.final_evaluation, "final", measured)
    chosen = config(*QUICK, "training.epochs=1")
    record = run(chosen, Request(tmp_path, {}, [], in_sweep=True), Terminal())
    assert record.status == "completed"
    assert RunDirectory(tmp_path).read_record().test["pearson_correlation"] is None
