import json
import shutil
import signal
import time
from collections import Counter
from dataclasses import replace
from io import StringIO
from types import SimpleNamespace

import pandas as pd
import pytest
from rich.console import Console

from runner.core.errors import ConfigError, UserError
from runner.core.lock import Locked, run_lock
from runner.records.run_directory import RunDirectory
from runner.sweeps import resume as resuming
from runner.sweeps.outcome import Outcome
from runner.sweeps.planning.axis import Axis
from runner.sweeps.planning.plan import Plan
from runner.sweeps.search.space import Search, read_search
from runner.sweeps.train import Sweep
from tests.sweeps import made_up

optuna = pytest.importorskip("optuna", reason="the extra `optuna` is not installed")


def trials(directory):
    return pd.read_csv(directory / "trials.csv")


AXES = {"optimizer.learning_rate": {"low": 1e-4, "high": 1e-1, "log": True}}


class TestAxes:
    def test_come_from_the_file_and_from_the_command_line(self, composer):
        swept = composer.parse(
            ["model.hidden_units=[16],[64]", "training.batch_size=interval(16,64)", "optimizer=choice(sgd,adam)"]
        )
        axes = read_search({"axes": AXES}, swept).axes
        assert axes["optimizer.learning_rate"] == Axis(low=1e-4, high=1e-1, log=True)
        assert axes["model.hidden_units"].choices == ["[16]", "[64]"]
        assert (axes["training.batch_size"].low, axes["training.batch_size"].high) == (16, 64)
        assert axes["optimizer"].choices == ["sgd", "adam"]

    def test_of_logarithms_are_tagged(self, composer):
        (swept,) = composer.parse(["optimizer.learning_rate=tag(log,interval(1e-4,1e-1))"])
        assert read_search({}, [swept]).axes["optimizer.learning_rate"] == Axis(low=1e-4, high=1e-1, log=True)

    def test_have_the_distribution_that_their_numbers_ask_for(self):
        from runner.sweeps.search.space import distribution_of

        distributions = optuna.distributions
        assert distribution_of(Axis(low=1, high=9, step=2)) == distributions.IntDistribution(1, 9, step=2)
        assert distribution_of(Axis(low=1, high=9, int=False)) == distributions.FloatDistribution(1, 9)
        assert distribution_of(Axis(low=0.1, high=1)) == distributions.FloatDistribution(0.1, 1.0)
        assert distribution_of(Axis(low=1e-4, high=1.0, log=True)) == distributions.FloatDistribution(
            1e-4, 1.0, log=True
        )
        assert read_search({"axes": {"a": [[1], [2]]}}, []).axes["a"] == Axis(choices=[[1], [2]])
        assert distribution_of(Axis(choices=[[1], [2]])) == distributions.CategoricalDistribution(["[1]", "[2]"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "search.axes: nothing to search for"),
        ({"axes": {"a": {"low": 1}}}, "must have low and high, or choices"),
        ({"axes": {"a": {"low": 2, "high": 1}}}, "low=2 must be below high=1"),
        ({"axes": {"a": {"low": 0, "high": 1, "log": True}}}, "log=true needs low above 0"),
        ({"axes": {"a": {"choices": []}}}, "must not be empty"),
        ({"axes": {"a": {"low": 1, "high": 2, "when": "optimizer=sgd"}}}, "for the axes of study.tune alone"),
        ({"axes": {"a": {"low": "1", "high": 2}}}, "search.axes.a.low=1: must be a number"),
        ({"axes": AXES, "sampler": "grid"}, "sampler=grid needs choices"),
        ({"axes": AXES, "sampler": "tpee"}, "search.sampler=tpee: must be 'tpe', 'random' or 'grid'"),
        ({"axes": AXES, "trials": 0}, "search.trials=0: must be an integer of at least 1"),
        ({"axes": AXES, "seeds": 2}, "needs one seed per trial"),
        ({"axes": AXES, "metric": "test_accuracy"}, "must be a metric of the validation set"),
        ({"axes": AXES, "trails": 3}, "search.trails=3: no such key; did you mean trials?"),
    ],
)
def test_what_is_wrong_is_said_with_its_key(given, said):
    with pytest.raises(ConfigError) as error:
        read_search(given, [])
    assert said in str(error.value)


class MadeUpPool:
    """Ends runs without a training, with a figure for each batch size; may be interrupted, the first one undone."""

    workers = 2

    def __init__(self, sweep, interrupted=False):
        self.checker = self
        self.trained = []
        self._sweep = sweep
        self._interrupted = interrupted

    def results(self, function, tasks, affinity):
        for job in tasks[self._interrupted :]:
            made_up.end(job, self._sweep, val_accuracy=job.config["training"]["batch_size"] / 1000)
            self.trained.append(job)
            yield job, Outcome.of(RunDirectory(job.path(self._sweep)).read_record())
        if self._interrupted:
            raise KeyboardInterrupt

    def close(self):
        pass


@pytest.fixture
def searching(composer, tmp_path):
    """searching(**keys) returns a search in tmp_path."""
    from runner.sweeps.search.optuna import Searching

    def searching(**keys):
        search = Search(**keys)
        return Searching(search, ["dataset=mnist_5k"], composer, tmp_path, {}, Console(file=StringIO(), width=200))

    return searching


@pytest.fixture
def search(searching, tmp_path):
    """search(pool, **keys) trains a search's trials on a pool, and returns Optuna's study."""
    from runner.sweeps.search.optuna import _open, _search

    def search(pool, **keys):
        made = searching(**keys)
        study = _open(made)
        _search(study, made, Sweep(tmp_path, pool, made.console, made.search, fail_fast=False), pool.workers)
        return study

    return search


TWO_POINTS = {"axes": {"training.batch_size": Axis(choices=[32, 64])}, "sampler": "random", "trials": 8}


def test_trials_with_equal_values_share_one_run(search, tmp_path):
    pool = MadeUpPool(tmp_path)
    study = search(pool, **TWO_POINTS)
    values = [trial.value for trial in study.trials]
    assert values == [trial.params["training.batch_size"] / 1000 for trial in study.trials]
    assert Counter(job.run_id for job in pool.trained).most_common(1)[0][1] == 1
    planned = Plan.read(tmp_path).jobs
    assert len({(job.run_id, job.directory) for job in planned}) == len(set(values)) == 2
    assert [job.pruning["trial"] for job in planned] == list(range(8))


def test_trials_with_equal_values_end_alike_after_an_interruption(search, tmp_path):
    keys = TWO_POINTS | {"axes": {"training.batch_size": Axis(choices=[32])}}
    with pytest.raises(KeyboardInterrupt):
        search(MadeUpPool(tmp_path, interrupted=True), **keys)
    study = search(MadeUpPool(tmp_path), **keys)
    assert [(trial.state.name, trial.value) for trial in study.trials] == [("COMPLETE", 0.032)] * 8


class FailingPool(MadeUpPool):
    """Its first run fails."""

    def results(self, function, tasks, affinity):
        made_up.end(tasks[0], self._sweep, "failed", error="at once")
        yield tasks[0], Outcome("failed")
        yield from super().results(function, tasks[1:], affinity)


def test_a_search_that_stops_at_a_failure_goes_on_with_the_trials_beside_it(searching, search, tmp_path):
    from runner.sweeps.search.optuna import _open, _search

    keys = {"axes": {"training.batch_size": Axis(low=32, high=640)}, "trials": 4}
    made = searching(**keys)
    study = _open(made)
    pool = FailingPool(tmp_path)
    assert _search(study, made, Sweep(tmp_path, pool, made.console, made.search, fail_fast=True), pool.workers)
    assert [trial.state.name for trial in study.trials] == ["FAIL", "RUNNING"]
    begun = study.trials[1].params
    study = search(MadeUpPool(tmp_path), **keys)
    assert [trial.state.name for trial in study.trials] == ["FAIL", "COMPLETE", "COMPLETE", "COMPLETE"]
    assert study.trials[1].params == begun


def test_a_search_by_what_is_not_measured_ends_in_a_line(search, tmp_path):
    with pytest.raises(UserError, match=r"best_val_accuracy: not measured by these runs.*training\.metrics"):
        search(MadeUpPool(tmp_path), **TWO_POINTS | {"metric": "best_val_accuracy"})


def stops_of_a_trial(tmp_path, accuracy, warmup=0):
    """Whether a trial of this accuracy is stopped by each epoch, beside an earlier one of 0.5."""
    from runner.sweeps.search.journal import open_search
    from runner.sweeps.search.pruning import Pruning

    journal = str(tmp_path / "optuna.journal")
    study = open_search(journal, direction="maximize")
    earlier, trial = study.ask(), study.ask()
    for epoch in range(9):
        earlier.report(0.5, step=epoch)
    study.tell(earlier, 0.5)
    watch = Pruning(journal, trial.number, "val_accuracy", {"n_startup_trials": 1, "n_warmup_steps": warmup})
    watch.set_model(SimpleNamespace(stop_training=False))
    stops = []
    for epoch in range(9):
        watch.on_epoch_end(epoch, {"val_accuracy": accuracy})
        stops.append(watch.pruned)
    return stops


@pytest.mark.parametrize("warmup", [0, 1, 3])
def test_a_trial_is_not_stopped_while_it_warms_up(tmp_path, warmup):
    assert stops_of_a_trial(tmp_path, 0.1, warmup).index(True) == warmup


def test_a_good_trial_is_not_stopped(tmp_path):
    assert not any(stops_of_a_trial(tmp_path, 0.9))


def test_a_trial_is_composed_once(search, composer, tmp_path, monkeypatch):
    composed = []
    compose = composer.compose
    monkeypatch.setattr(composer, "compose", lambda overrides: composed.append(overrides) or compose(overrides))
    search(MadeUpPool(tmp_path), **TWO_POINTS)
    assert len(composed) == 8


@pytest.mark.parametrize(
    ("axes", "said"),
    [
        ({"optimizer": Axis(choices=["sgd", "adm"])}, "optimizer=adm: no such option; did you mean adam?"),
        ({"training.batch_size": Axis(low=0, high=64)}, "training.batch_size=0: must be an integer of at least 1"),
        ({"dataset.validation_split": Axis(low=0.1, high=1.5)}, "dataset.validation_split=1.5: must be"),
    ],
)
def test_each_choice_and_both_ends_are_checked_before_any_trial(searching, tmp_path, axes, said):
    from runner.sweeps.search.optuna import conduct_search

    wrong = replace(searching(axes={"regularizer": Axis(choices=[[]])} | axes), directory=tmp_path / "s")
    with pytest.raises(ConfigError) as error:
        conduct_search(wrong, MadeUpPool(tmp_path), dry_run=True, fail_fast=False)
    assert said in str(error.value)
    assert not wrong.directory.exists()


def test_a_trial_whose_values_do_not_go_together_is_left_out(searching, search, tmp_path):
    axes = {"+clipping.clipnorm": Axis(choices=[None, 1.0]), "+clipping.clipvalue": Axis(choices=[None, 0.5])}
    keys = {"axes": axes, "sampler": "grid"}
    assert len(searching(**keys).examples()) == 3  # each value goes together with the other's first one
    study = search(MadeUpPool(tmp_path), **keys)
    assert [trial.state.name for trial in study.trials].count("COMPLETE") == 3
    (wrong,) = (trial for trial in study.trials if trial.state.name == "FAIL")
    assert list(wrong.params.values()) == [1.0, 0.5]
    assert len(Plan.read(tmp_path).jobs) == 3
    again = searching(**keys)
    assert [len(jobs) for jobs in again.jobs(study)].count(0) == 1
    assert "left out: variant trial" in again.console.file.getvalue()


class TestAxesThatWereEdited:
    @pytest.mark.parametrize(
        "axes",
        [
            {"training.batch_size": Axis(choices=[32, 64, 128])},
            {"training.batch_size": Axis(low=32, high=64)},
            {"training.epochs": Axis(choices=[1, 2])},
        ],
    )
    def test_are_refused(self, search, tmp_path, axes):
        search(MadeUpPool(tmp_path), **TWO_POINTS)
        with pytest.raises(UserError, match=r"search\.axes\.training\.batch_size: changed since .*hydra\.sweep\.dir"):
            search(MadeUpPool(tmp_path), **TWO_POINTS | {"axes": axes, "trials": 9})

    def test_may_be_wider_ranges(self, search, tmp_path):
        for high in (64, 256):
            axes = {"training.batch_size": Axis(low=32, high=high)}
            study = search(MadeUpPool(tmp_path), axes=axes, trials=high // 16)
        assert len(study.trials) == 16


@pytest.mark.parametrize(
    ("keys", "base", "said"),
    [
        ({"metric": "val_loss"}, [], "search.metric=val_loss"),
        ({"direction": "min"}, [], "search.direction=min"),
        ({"seeds": [1], "pruner": "none"}, [], "search.seeds"),
        ({}, ["training.epochs=7"], "training.epochs=7"),
        ({}, ["optimizer=sgd"], "optimizer=sgd"),
    ],
)
def test_what_makes_other_trials_of_the_earlier_ones_is_refused(searching, search, tmp_path, keys, base, said):
    from runner.sweeps.search.optuna import _open

    search(MadeUpPool(tmp_path), **TWO_POINTS)
    again = searching(**TWO_POINTS | {"trials": 9} | keys)
    with pytest.raises(UserError) as error:
        _open(replace(again, base=[*again.base, *base]))
    assert str(error.value).startswith(said)
    assert ": changed since the search" in str(error.value)


def test_a_grid_ends_when_each_of_its_points_had_one_trial(searching, tmp_path, monkeypatch):
    from runner.sweeps.search.optuna import conduct_search

    monkeypatch.setattr(Sweep, "check", lambda *_, **__: None)
    axes = {"optimizer": Axis(choices=["sgd", "adam"]), "training.batch_size": Axis(choices=[32, 64])}
    for trained in (3, 1, 0):  # a budget within the grid, one that reaches beyond, and nothing left to do
        made = searching(axes=axes, sampler="grid", trials=3 if trained == 3 else 30)
        conduct_search(made, MadeUpPool(tmp_path), dry_run=False, fail_fast=False)
        said = made.console.file.getvalue()
        assert said.count(": completed") == trained
    assert "4 trials, 4 done already" in said
    points = {(row["optimizer"], row["training.batch_size"]) for _, row in trials(tmp_path).iterrows()}
    assert points == {("sgd", 32), ("sgd", 64), ("adam", 32), ("adam", 64)}
    assert len(list(tmp_path.glob("*/record.json"))) == len(trials(tmp_path)) == 4


def test_one_process_at_a_time_is_at_a_search_and_others_may_look(searching, tmp_path, monkeypatch):
    from runner.sweeps.search.optuna import conduct_search

    monkeypatch.setattr(Sweep, "check", lambda *_, **__: None)
    with run_lock(tmp_path):
        with pytest.raises(Locked, match="this search is in use by another process"):
            conduct_search(searching(axes=AXES), MadeUpPool(tmp_path), dry_run=False, fail_fast=False)
        conduct_search(searching(axes=AXES), MadeUpPool(tmp_path), dry_run=True, fail_fast=False)


class TestOneTrialAlone:
    @pytest.fixture
    def resumed(self, tmp_path, monkeypatch):
        """resumed(pruning) goes on with a search's interrupted trial, and says whether that was trained."""

        def resumed(pruning):
            trained = []
            job = replace(made_up.job(phase="trial"), pruning=pruning)
            monkeypatch.setattr(resuming, "run", lambda *_: trained.append(job) or made_up.record(job))
            Plan([job]).write(tmp_path)
            made_up.end(job, tmp_path, "interrupted")
            RunDirectory(job.path(tmp_path)).write_config(json.dumps(job.config))
            resuming.resume_run(job.path(tmp_path), Console(quiet=True), [])
            return bool(trained)

        return resumed

    def test_is_not_resumed_without_its_pruner(self, resumed):
        with pytest.raises(UserError, match="to resume a trial, repeat the command that began its search"):
            resumed({"journal": "optuna.journal", "trial": 0, "metric": "val_accuracy", "pruner": {}})

    def test_is_resumed_where_there_is_none(self, resumed):
        assert resumed(None)


COMMAND = (
    "search=optuna", "optimizer.learning_rate=tag(log,interval(1e-4,1e-1))", "optimizer=sgd,adam",
    "search.startup_trials=2", "dataset=digits", "schedule=constant", "hydra.launcher.workers=2", "hydra.sweep.dir=s",
)  # fmt: skip


@pytest.fixture(scope="module")
def finished(cli, tmp_path_factory):
    """A search of six trials, and what it printed."""
    folder = tmp_path_factory.mktemp("search")
    done = cli(*COMMAND, "search.trials=6", "training.epochs=3", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


def test_each_trial_is_an_ordinary_run(finished):
    folder, said = finished
    table = trials(folder / "s")
    assert list(table["trial"]) == list(range(6))
    for _, row in table.iterrows():
        (path,) = (folder / "s").glob(f"*_{row['run_ids']}/record.json")
        record = json.loads(path.read_text())
        assert record["label"] == f"trial {row['trial']:03d}"
        assert f"optimizer.learning_rate={row['optimizer.learning_rate']}" in record["overrides"]
        assert record["status"] == {"complete": "completed"}.get(row["state"], row["state"])
        if row["state"] == "complete":
            assert record["final"]["val_accuracy"] == pytest.approx(row["val_accuracy"])
        else:
            assert record["test"] == {}
    best = table["val_accuracy"].max()
    assert f"val_accuracy {best:.4f}" in said.splitlines()[-1]


def test_its_report_has_the_history_and_the_importances(finished):
    folder, _ = finished
    importances = pd.read_csv(folder / "s" / "importances.csv")
    assert importances["importance"].sum() == pytest.approx(1)
    assert set(importances["key"]) == {"optimizer", "optimizer.learning_rate"}
    for name in ("search.png", "importances.png", "accuracy.png"):
        assert (folder / "s" / name).read_bytes().startswith(b"\x89PNG")


def test_a_larger_budget_goes_on(finished, quick_cli, tmp_path):
    before = trials(shutil.copytree(finished[0] / "s", tmp_path / "s"))
    done = quick_cli(*COMMAND, "search.trials=8", "training.epochs=3", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "8 trials, 6 done already" in done.stdout
    after = trials(tmp_path / "s")
    assert len(after) == 8
    pd.testing.assert_frame_equal(after.head(6), before, check_dtype=False)
    assert after["optimizer.learning_rate"].is_unique


def test_a_search_that_is_killed_trains_its_trials_with_the_values_they_had(begin, quick_cli, tmp_path):
    command = (*COMMAND, "search.trials=4", "training.epochs=30")
    begun = begin(*command, cwd=tmp_path)
    while not list(tmp_path.glob("s/*/checkpoint/state.npz")):
        assert begun.is_alive(), begun.said()
        time.sleep(0.02)
    begun.send_signal(signal.SIGKILL)
    assert begun.wait() == -signal.SIGKILL
    planned = pd.read_csv(tmp_path / "s" / "plan.csv")
    done = quick_cli(*command, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    table = trials(tmp_path / "s")
    assert list(table["trial"]) == [0, 1, 2, 3]
    assert list(table["run_ids"])[: len(planned)] == list(planned["run_id"])
    assert len(list(tmp_path.glob("s/*/record.json"))) == 4
