"""Plans of commands when runs already exist, without training."""

import json
import shutil
from contextlib import ExitStack
from io import StringIO

import pandas as pd
import pytest
from hydra.types import RunMode
from rich.console import Console

from runner.cli.commands.sweeps import status_command
from runner.config.ablation import ablation_arguments
from runner.config.hydra_guard import GuardedLoader
from runner.core.errors import ConfigError
from runner.sweeps.hydra_sweeper import begun_in, plan_sweep
from runner.sweeps.planning.compose import Composer
from runner.sweeps.planning.plan import Plan
from tests.loader import config_loader
from tests.sweeps.test_run_plan import conducted


@pytest.fixture
def sweep(smoke_study, tmp_path):
    """A copy of the smoke study's runs."""
    return shutil.copytree(smoke_study / "outputs/studies/smoke", tmp_path / "smoke")


@pytest.fixture(scope="module")
def planned(composer):
    """planned("study=smoke", "seeds=4") -> the plan of a command."""

    def plan(*command: str) -> Plan:
        loader = GuardedLoader(config_loader().config_search_path)
        config = loader.load_configuration("config", [*command, "hydra.mode=MULTIRUN"], RunMode.MULTIRUN)
        plan, _ = plan_sweep(config, command, Composer(loader, config), Console(file=StringIO()))
        return plan

    return plan


def test_another_seed_and_another_key_give_new_runs_beside_the_old(planned, sweep):
    more = conducted(planned("study=smoke", "seeds=4"), sweep, dry_run=True)
    assert "16 runs: 4 variants, 4 seeds; 12 done already" in more
    other = conducted(planned("study=smoke", "optimizer=sgd"), sweep, dry_run=True)
    assert "12 runs: 4 variants, 3 seeds; 0 done already" in other


def test_a_dry_run_leaves_the_plan_of_runs_that_are_there(planned, sweep, capsys, monkeypatch):
    before = (sweep / "plan.json").read_bytes()
    said = conducted(planned("study=smoke", "training.epochs=3"), sweep, dry_run=True)
    assert "stays unchanged" in said
    assert (sweep / "plan.json").read_bytes() == before
    monkeypatch.setenv("COLUMNS", "500")
    status_command([str(sweep)])
    said = capsys.readouterr().out
    assert "completed" in said
    assert f"all runs of {sweep} have ended" in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["search.trials=null", "search.budget={epochs:3}"], "search.budget.epochs=3: too few for one trial"),
        (
            ["+search.axes.optimizer={choices:[sgd],when:'model=cnn'}"],
            "search.axes.optimizer.when=model=cnn: no variant",
        ),
        (
            ["+search.axes.model=[mlp]", "model=cnn"],
            "model: is tuned for search (search.axes.model); leave out this value, or that axis",
        ),
    ],
)
def test_what_is_wrong_with_a_search_is_said_with_the_keys_of_a_search(program, tmp_path, given, said):
    command = ["search=optuna", "optimizer.learning_rate=interval(0.01,0.1)", "dataset=digits", "training.epochs=5"]
    answer = program(*command, *given, "dry_run=true", cwd=tmp_path)
    assert answer.code == 2
    assert said in answer.err


def test_an_ablation_leaves_each_part_out(planned, program, tmp_path):
    command = ("base=experiment/smoke", "drop=regularizer.dropout,schedule", "seeds=1", "training.epochs=1")
    assert program("ablate", *command, cwd=tmp_path).code == 0
    plan = planned(*ablation_arguments(command))
    assert {job.config["training"]["epochs"] for job in plan.jobs} == {1}
    parts = {job.variant: ([*job.config["regularizer"]], job.choices["schedule"]) for job in plan.jobs}
    assert list(parts.items()) == [
        ("full", (["l2", "dropout"], "exponential")),
        ("without regularizer.dropout", (["l2"], "exponential")),
        ("without schedule", (["l2", "dropout"], "constant")),
    ]


def test_a_key_that_only_the_options_of_the_variants_have_is_set_in_each(planned):
    grid = planned("optimizer=momentum,nesterov", "optimizer.momentum=0.8", "dataset=digits")
    assert [job.config["optimizer"]["momentum"] for job in grid.jobs] == [0.8, 0.8]
    with pytest.raises(ConfigError, match=r"^optimizer\.momentum=0\.8: the chosen optimizer has no momentum; "):
        planned("optimizer=adam,momentum", "optimizer.momentum=0.8", "dataset=digits")


def test_a_search_names_its_own_keys_in_what_its_plan_refuses(planned):
    axes = '+search.axes={optimizer.momentum:{low:0.1,high:0.9,when:"optimizer=sgd"}}'
    with pytest.raises(ConfigError, match=r"^search\.axes\.optimizer\.momentum\.when=optimizer=sgd: no variant has"):
        planned("search=optuna", "optimizer.learning_rate=interval(0.1,1)", "dataset=digits", axes)


def test_folds_of_a_grid_or_an_ablation_are_planned_for_every_variant(planned):
    grid = planned("folds=3", "seeds=2", "dataset=digits", "optimizer=sgd,adam")
    assert [(job.variant, job.which) for job in grid.jobs[:4]] == [
        ("optimizer=sgd", "seed 0, fold 0"),
        ("optimizer=sgd", "seed 0, fold 1"),
        ("optimizer=sgd", "seed 0, fold 2"),
        ("optimizer=sgd", "seed 1, fold 0"),
    ]
    assert len(grid.jobs) == 12
    command = ("base=experiment/smoke", "drop=schedule", "seeds=1", "folds=2")
    ablation = planned(*ablation_arguments(command))
    assert [(job.variant, job.fold) for job in ablation.jobs] == [
        ("full", 0), ("full", 1), ("without schedule", 0), ("without schedule", 1),
    ]  # fmt: skip


def test_a_command_turns_the_folds_of_a_study_off(planned):
    command = ("study=smoke", "seeds=1", "+study.folds=2")
    assert {job.fold for job in planned(*command).jobs} == {0, 1}
    assert {job.fold for job in planned(*command, "folds=null").jobs} == {None}


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["folds=2,3"], "^folds=2 folds=3: one number of folds at a time$"),
        (["dataset.folds=2", "dataset.fold=0,1"], "^dataset.fold=0 dataset.fold=1: folds=N trains all N folds$"),
        (["folds=1"], "^folds=1: must be a number of folds, 2 to 1000$"),
        (["folds=3", "dataset.folds=2"], "^dataset.folds=2: every run gets one of the 3 folds"),
    ],
)
def test_folds_that_cannot_be_trained_are_refused(planned, command, said):
    with pytest.raises(ConfigError, match=said):
        planned("dataset=digits", *command)


def test_folds_are_trained_and_tested_on_every_example_once(quick_cli, tmp_path):
    """Only a test from the command to the report shows that the fold reaches the run and its record."""
    done = quick_cli(
        "folds=2", "dataset=digits", "training.epochs=1", "model.hidden_units=[4]", "hydra.sweep.dir=s", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "2 runs: 1 variant, 1 seed, 2 folds" in done.stdout
    assert "2-fold cross-validation: intervals and tests allow for overlapping training sets" in done.stdout
    summary = pd.read_csv(tmp_path / "s" / "summary.csv")
    assert summary[["folds", "fold"]].to_numpy().tolist() == [[2, 0], [2, 1]]
    assert summary["held_out"].nunique() == 2
    assert len({*summary["fingerprint"]}) == 1
    records = [json.loads(path.read_text())["dataset"] for path in (tmp_path / "s").glob("*/record.json")]
    assert sum(record["test"] for record in records) == 1797


def refused(_=None):
    raise ConfigError("refused")


def test_a_refused_sweep_leaves_no_directory_that_it_created(tmp_path):
    (tmp_path / "outputs").mkdir()
    with pytest.raises(ConfigError), begun_in(tmp_path / "outputs" / "day" / "time", "settings"):
        refused()
    assert [*tmp_path.rglob("*")] == [tmp_path / "outputs"]


@pytest.mark.parametrize("settings", ["own", None])
def test_a_refused_sweep_leaves_the_settings_of_another_that_begins_in_the_same_directory(tmp_path, settings):
    with ExitStack() as other:
        with pytest.raises(ConfigError), begun_in(tmp_path / "new", settings):
            refused(other.enter_context(begun_in(tmp_path / "new", "other")))
        assert (tmp_path / "new" / "multirun.yaml").read_text() == "other"
