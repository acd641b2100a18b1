import pytest

from runner.cli.commands.clean import clean_command
from runner.core.errors import Stopped
from runner.sweeps.cleaning import view
from runner.sweeps.planning.plan import Plan
from runner.sweeps.pool_training import finished
from tests.sweeps.made_up import job


@pytest.fixture
def said(outputs, capsys, monkeypatch):
    """said("--models") -> the lines that `runner clean outputs --models` prints."""
    monkeypatch.setenv("COLUMNS", "80")

    def run(*flags):
        clean_command(["outputs", *flags])
        return [line.rstrip() for line in capsys.readouterr().out.splitlines()]

    return run


def test_without_yes_the_paths_and_bytes_of_each_kind_are_shown_and_nothing_goes(said, make, outputs):
    run = make("runs/a", checkpoint=1500, model=20_000)
    make("runs/b", checkpoint=500)
    before = sorted(outputs.rglob("*"))
    assert said("--models") == [
        "    1.5 kB  outputs/runs/a/checkpoint",
        "   20.0 kB  outputs/runs/a/model.keras",
        " 500 bytes  outputs/runs/b/checkpoint",
        "to remove                     number     size",
        "checkpoints of finished runs       2   2.0 kB",
        "models (model.keras)               1  20.0 kB",
        "total                              3  22.0 kB",
        "nothing was removed; to remove these: runner clean outputs --models --yes",
    ]
    assert sorted(outputs.rglob("*")) == before
    assert run.exists()


def test_with_yes_what_was_shown_is_removed(said, make, outputs):
    make("runs/a", checkpoint=1500, model=20_000)
    shown = said("--models")
    removed = said("--models", "--yes")
    assert removed == [line.replace("to remove", "removed  ") for line in shown[:-1]]
    assert said("--models", "--yes") == ["nothing to remove in outputs"]


def test_what_the_flags_would_add_is_named(said, make):
    make("runs/a", model=20_000)
    make("runs/b", model=10_000)
    assert said() == ["nothing to remove in outputs", "with --models: up to 2 models, 30.0 kB more"]


def test_what_stays_is_named_with_the_reason(said, make):
    make("runs/a", model=1)
    make("runs/b", init_from="outputs/runs/a")
    assert said("--models")[0] == ("kept: outputs/runs/a/model.keras: outputs/runs/b starts from it (model.init_from)")


def test_one_path_that_cannot_go_does_not_stop_the_others_and_gives_exit_code_1(
    said, make, outputs, monkeypatch, capsys
):
    for name in "abc":
        make(f"runs/{name}", "failed")

    def refuse(item, directory):
        if item.path.name == "b":
            raise PermissionError(13, "Permission denied", str(item.path / "x"))
        remove(item, directory)

    remove = view.remove
    monkeypatch.setattr(view, "remove", refuse)
    with pytest.raises(Stopped) as stopped:
        said("--failed", "--yes")
    assert stopped.value.code == 1
    assert [path.name for path in (outputs / "runs").iterdir()] == ["b"]
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "not removed: outputs/runs/b: Permission denied (outputs/runs/b/x)"


def test_a_path_may_lead_up_again(outputs, make):
    make("runs/a", "failed")
    (outputs / "runs" / "a" / "checkpoint").mkdir()
    clean_command(["outputs/runs/a/checkpoint/..", "--failed", "--yes"])
    assert not (outputs / "runs" / "a").exists()


def test_a_failed_run_that_is_removed_is_missing_from_the_plan_again(said, outputs, make):
    planned = [job("x", 0), job("x", 1)]
    Plan(planned).write(outputs / "s")
    make(f"s/{planned[0].directory}", "failed")
    make(f"s/{planned[1].directory}")
    said("--failed", "--yes")
    plan = Plan.read(outputs / "s")
    assert finished(plan.jobs, outputs / "s").keys() == {planned[1].run_id}
    assert not planned[0].path(outputs / "s").exists()
