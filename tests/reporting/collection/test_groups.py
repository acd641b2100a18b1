"""Several sweeps: one report for each, or one report that lists their differences."""

import json

import pandas as pd
import pytest
import yaml

from runner.cli.commands.report import report_arguments, report_command
from runner.core.errors import UserError
from runner.core.omissions import LeftOut
from runner.reporting.collection.collect import find_runs
from runner.reporting.collection.groups import groups_of, sweeps_apart

pytestmark = pytest.mark.usefixtures("few_resamples")


@pytest.fixture
def make_sweep(make_run, tmp_path):
    """make_sweep("a", epochs=3) -> a sweep's directory: two variants of one seed with their configurations."""

    def make(name, epochs=2, batch_size=32, **others):
        for label, rate in (("slow", 0.1), ("fast", 0.2)):
            run = make_run(f"{name}/{label}", label=label, accuracies=[rate] * epochs, **others)
            training = {"epochs": epochs, "batch_size": batch_size}
            config = {
                "seed": 0,
                "training": training,
                "optimizer": {"learning_rate": rate},
                "device": {"threads": epochs},
            }
            (run / "config.yaml").write_text(yaml.safe_dump(config))
        lines = ["phase,variant,directory", *(f"final,{label},{label}" for label in ("slow", "fast"))]
        (tmp_path / name / "plan.csv").write_text("\n".join(lines) + "\n")
        return tmp_path / name

    return make


def reported(*arguments) -> None:
    report_command(report_arguments([*map(str, arguments), "--format", "csv"]))


def test_several_sweeps_get_a_report_each_in_their_own_place(make_sweep, tmp_path, capsys):
    sweeps = [make_sweep("studies/short"), make_sweep("studies/long", epochs=3)]
    (tmp_path / "studies" / "planned_only").mkdir()
    reported(*sorted((tmp_path / "studies").iterdir()))
    for sweep in sweeps:
        assert len(pd.read_csv(sweep / "summary.csv")) == 2
        assert list(pd.read_csv(sweep / "comparisons.csv")["variant"]) == ["fast"]
    said = capsys.readouterr().out
    assert "2 reports: one for each sweep; --together writes a single one" in said
    assert said.index(f"{sweeps[1]}:") < said.index(f"{sweeps[0]}:")


def test_the_one_sweep_in_a_folder_is_reported_in_its_own_place(make_sweep, tmp_path, capsys):
    sweep = make_sweep("studies/short")
    study = {"question": "Which?", "baseline": "fast", "metric": "val_accuracy", "target": 0.15}
    (sweep / "plan.json").write_text(json.dumps({"study": study}))
    reported(tmp_path / "studies")
    assert not (tmp_path / "studies" / "summary.csv").exists()
    assert list(pd.read_csv(sweep / "comparisons.csv")["variant"]) == ["slow"]
    reported(tmp_path / "studies", "--out", tmp_path / "out")
    assert list(pd.read_csv(tmp_path / "out" / "aggregate.csv")["target"]) == [0.15, 0.15]


def test_single_runs_in_a_folder_are_reported_in_the_folder(make_run, tmp_path):
    make_run("runs/a")
    reported(tmp_path / "runs")
    assert (tmp_path / "runs" / "summary.csv").exists()


def test_a_folder_of_sweeps_and_single_runs_is_told_apart_too(make_sweep, make_run, tmp_path, capsys):
    make_sweep("outputs/a/same")
    make_sweep("outputs/b/same")
    for name in ("x", "y"):
        make_run(f"outputs/runs/{name}", overrides=[f"optimizer={name}"])
    reported(tmp_path / "outputs", "--out", tmp_path / "out")
    assert "3 reports: one for each sweep, one for the runs outside sweeps; --together" in capsys.readouterr().out
    tables = sorted(path.parent.name for path in tmp_path.glob("out/*/summary.csv"))
    assert tables == ["runs", "same_1", "same_2"]
    assert len(pd.read_csv(tmp_path / "out" / "runs" / "summary.csv")) == 2
    assert not (tmp_path / "outputs" / "summary.csv").exists()


def test_runs_of_one_sweep_and_runs_without_one_are_reported_together(make_sweep, make_run, tmp_path):
    sweep = make_sweep("one")
    assert [group.paths for group in groups_of([sweep / "slow", sweep / "fast"])] == [[sweep / "slow", sweep / "fast"]]
    loose = [make_run(f"runs/{name}") for name in "ab"]
    (group,) = groups_of([tmp_path / "runs"])
    assert (group.sweep, group.paths) == (None, loose)


def test_together_says_which_plans_it_does_not_follow(make_sweep, tmp_path, capsys):
    sweeps = [make_sweep("looked"), make_sweep("other")]
    plans = {"looked": {"looks": {"sizes": [6, 8]}}, "other": {"vary": ["order"]}}
    for sweep in sweeps:
        (sweep / "plan.json").write_text(json.dumps({"study": plans[sweep.name]}))
    reported(*sweeps, "--together", "--out", tmp_path / "out")
    said = " ".join(capsys.readouterr().out.split())
    assert "planned looks (looked): this report does not correct p and intervals for them" in said
    assert "sources of variance (other): only the report on the study alone shows them" in said
    reported(sweeps[0], "--out", tmp_path / "alone")
    assert "does not correct" not in capsys.readouterr().out


def test_together_says_what_no_variant_is_about(make_sweep, tmp_path, capsys):
    sweeps = [make_sweep("short"), make_sweep("long", epochs=3)]
    reported(*sweeps, "--together", "--out", tmp_path / "out")
    assert len(pd.read_csv(tmp_path / "out" / "summary.csv")) == 4
    said = capsys.readouterr().out
    assert "differ in keys that none of them varies: training.epochs (2 or 3). These keys" in said
    left_out = LeftOut()
    assert sweeps_apart(find_runs(sweeps[:1]), left_out) is None
    assert sweeps_apart(find_runs([sweeps[0], make_sweep("again")]), left_out) is None
    assert "dataset (mnist or digits)" in sweeps_apart(
        find_runs([sweeps[0], make_sweep("d", dataset="digits")]), left_out
    )


def test_a_sweep_of_which_no_run_has_begun_is_named(make_sweep, tmp_path, capsys):
    sweeps = [make_sweep("a"), make_sweep("b"), tmp_path / "planned"]
    sweeps[2].mkdir()
    (sweeps[2] / "plan.csv").write_text("phase,variant,directory\ntuning,x,t\nfinal,x,0\nfinal,y,1\n")
    note = f"note: {sweeps[2]}: nothing to report yet: 2 planned runs"
    for named in (sweeps, sweeps[1:]):
        reported(*named)
        assert note in capsys.readouterr().out
    assert not (sweeps[2] / "summary.csv").exists()
    reported(*sweeps, sweeps[0] / "plan.csv", "--together", "--out", tmp_path / "out")
    assert "note: not yet started: 2 planned runs" in capsys.readouterr().out
    with pytest.raises(UserError, match=f"^{sweeps[2]}: nothing to report yet: 2 planned runs$"):
        reported(sweeps[2])


def test_a_sweep_that_cannot_be_reported_on_costs_itself_alone(make_sweep, tmp_path, capsys):
    good, bad = make_sweep("good"), make_sweep("bad")
    (bad / "fast" / "record.json").write_text((bad / "fast" / "record.json").read_text().replace("f" * 64, "e" * 64))
    with pytest.raises(UserError, match="bad: these runs used 2 different data sets named mnist") as error:
        reported(bad, good)
    assert str(good) not in str(error.value)
    assert (good / "summary.csv").exists()
    assert "1 of 2 reports written: one for each sweep; --together" in capsys.readouterr().out
    with pytest.raises(UserError, match="nosuch: no such directory"):
        reported(good, tmp_path / "nosuch")
