"""Plans of commands beside runs that are there, without a training."""

import shutil
from io import StringIO

import pytest
from hydra.types import RunMode
from rich.console import Console

from runner.cli.sweeps import status_command
from runner.config.ablation import ablation_arguments
from runner.sweeps.hydra_sweeper import plan_sweep
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
        loader = config_loader()
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
