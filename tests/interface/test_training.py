from functools import partial
from pathlib import Path

import numpy as np
import pytest

import runner
from runner.core.errors import UserError
from runner.interface import training
from runner.interface.command import Outcome

STUDY = {"variants": {"plain": ["optimizer=sgd"]}}


@pytest.fixture
def given(tmp_path, monkeypatch):
    """Arguments of a command that starts no run."""
    arguments = []

    def run_command(command, **_):
        arguments.extend(command)
        return Outcome(0)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setattr(training, "run_command", run_command)
    return arguments


def test_a_home_directory_is_expanded_as_by_a_shell(given):
    with pytest.raises(runner.UserError, match="the overrides do not start a run"):
        runner.train(directory="~/run", config_dir=Path("~/conf"))
    assert given == ["--config-dir=/home/me/conf", "hydra.run.dir=/home/me/run"]


@pytest.mark.parametrize("option", ["directory", "config_dir"])
def test_an_empty_path_is_not_the_current_directory(given, option):
    for train in (runner.train, partial(runner.sweep, {}), partial(runner.study, "optimizers")):
        with pytest.raises(runner.UserError, match=r"^a path is empty; is a variable unset\?$"):
            train(**{option: ""})
    assert given == []


@pytest.mark.parametrize("override", ["seeds=2", "folds=5", "study=optimizers", "search=optuna"])
@pytest.mark.parametrize("objects", [{}, {"callbacks": [object()]}])
def test_a_sweep_is_refused_before_it_trains(given, override, objects):
    with pytest.raises(runner.UserError, match=r"the overrides describe a sweep; use runner\.sweep"):
        runner.train([override], **objects)
    assert given == []


@pytest.mark.parametrize(("seeds", "override"), [(np.int64(3), "seeds=3"), (range(2), "seeds=[0,1]")])
def test_seeds_are_a_number_or_several(given, seeds, override):
    with pytest.raises(runner.UserError, match="the overrides do not start a study"):
        runner.study("optimizers", seeds=seeds)
    assert given == ["study=optimizers", override]


def test_folds_are_a_number(given):
    with pytest.raises(runner.UserError, match="the overrides do not start a study"):
        runner.study("optimizers", seeds=2, folds=5)
    assert given == ["study=optimizers", "seeds=2", "folds=5"]


@pytest.mark.parametrize("name", ["", "mine/a", "../a", ".."])
def test_a_study_is_saved_nowhere_but_among_the_options(given, tmp_path, name):
    with pytest.raises(runner.UserError, match=rf"^name={name}: must be the name of a file"):
        runner.study(STUDY, name=name)
    assert (given, list(tmp_path.iterdir())) == ([], [])


def test_a_study_that_is_refused_or_only_planned_leaves_the_saved_one_as_it_was(given, tmp_path, monkeypatch):
    saved = tmp_path / "outputs" / "conf" / "study" / "mine.yaml"
    runner_saw = []

    def refuse(*_, **__):
        runner_saw.append(saved.read_text())
        raise UserError("study=mine: refused")

    monkeypatch.setattr(training, "run_command", refuse)
    for dry_run in (False, True):
        with pytest.raises(runner.UserError, match="refused"):
            runner.study(STUDY, name="mine", dry_run=dry_run)
        assert not saved.exists()
    saved.write_text("before")
    monkeypatch.setattr(training, "run_command", lambda *_, **__: runner_saw.append(saved.read_text()) or Outcome(0))
    with pytest.raises(runner.UserError, match="do not start"):
        runner.study(STUDY, name="mine", dry_run=True)
    assert saved.read_text() == "before"
    with pytest.raises(runner.UserError, match="do not start"):
        runner.study(STUDY, name="mine")
    assert {saved.read_text(), *runner_saw} == {runner_saw[0]}
    assert "optimizer=sgd" in saved.read_text()


@pytest.mark.parametrize("workers", [0, -1, "two", 1.5, True])
def test_workers_are_a_number_from_1(given, workers):
    for train in (partial(runner.sweep, {}), partial(runner.study, "optimizers")):
        with pytest.raises(runner.UserError, match=rf"^workers={workers!r}: must be a whole number, at least 1$"):
            train(workers=workers)
    assert given == []


@pytest.mark.parametrize(
    ("objects", "text"),
    [
        ({"callbacks": [1]}, "callbacks: 1 is not a keras Callback"),
        ({"callbacks": "ab"}, "callbacks: 'a' is not a keras Callback"),
        ({"model": 3}, "model: 3 is not a keras Model"),
        ({"optimizer": "sgd"}, "optimizer: 'sgd' is not a keras Optimizer"),
    ],
)
def test_objects_are_those_of_keras(given, tmp_path, objects, text):
    with pytest.raises(runner.UserError, match=f"^{text}$"):
        runner.train(**objects)
    assert not list(tmp_path.iterdir())


def test_a_study_in_another_encoding_is_refused(given, tmp_path):
    (tmp_path / "mine.yaml").write_bytes("question: größer?\n".encode("latin-1"))
    with pytest.raises(runner.UserError, match=r"^mine\.yaml: not UTF-8 text"):
        runner.study("mine.yaml")
    assert given == []


@pytest.mark.parametrize("train", [runner.train, runner.sweep, partial(runner.study, "optimizers")])
def test_an_override_plans_nothing_in_place_of_a_training(given, train):
    with pytest.raises(runner.UserError, match=r"^dry_run=true: only runner\.study\(\.\.\., dry_run=True\)"):
        train(["dry_run=true"])
    assert given == []
