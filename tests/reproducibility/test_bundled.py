"""Subject of a bundle: a run, or the runs of a sweep's current plan."""

import json
import re
import shutil

import pytest
import yaml

from runner.core.errors import UserError
from runner.records.sweep_directory import PLAN
from runner.reproducibility.bundled import Bundled
from tests.imports import REPOSITORY


def change_plan(sweep, change) -> None:
    plan = json.loads((sweep / PLAN).read_text())
    change(plan)
    (sweep / PLAN).write_text(json.dumps(plan))


def test_a_sweep_has_the_runs_of_its_plan_and_its_question(sweep):
    shutil.copytree(sweep / "adam-0", sweep / "earlier")
    found = Bundled.read(sweep)
    assert [path.name for path in found.runs] == ["sgd-0", "sgd-1", "adam-0", "adam-1"]
    assert (found.kind, found.question, found.command) == ("sweep", "which?", "runner study=x")
    assert found.is_whole
    assert found.has_report


def test_every_table_of_a_report_is_bundled(sweep):
    tables = re.findall(r"^\*\*(\w+\.csv)\*\*", (REPOSITORY / "docs" / "report.md").read_text(), re.MULTILINE)
    assert "comparisons.csv" in tables
    for name in tables:
        (sweep / name).touch()
    assert {*tables} <= {*Bundled.read(sweep).files()}


def test_a_run_of_a_sweep_is_bundled_alone(sweep):
    found = Bundled.read(sweep / "adam-1")
    assert (found.kind, found.command) == ("run", "runner optimizer=adam seed=1")
    assert {*found.files()} == {path.name for path in (sweep / "adam-1").iterdir()}
    assert not found.has_report


def test_a_search_with_runs_to_come_is_not_whole(sweep):
    change_plan(sweep, lambda plan: plan.update(search={"metric": "val_accuracy", "to_come": 3}))
    assert not Bundled.read(sweep).is_whole


def test_a_run_that_failed_leaves_nothing_to_train(sweep):
    record = sweep / "adam-0" / "record.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"status": "failed"}))
    found = Bundled.read(sweep)
    assert found.is_whole
    assert found.states == {"completed": 3, "failed": 1}


def test_paths_and_packages_that_lie_outside_are_found(sweep):
    def change(plan) -> None:
        config = plan["jobs"][2]["config"]
        config["model"]["init_from"] = "outputs/runs/first"
        config["dataset"]["path"] = "own\n.csv"
        config["callbacks"] = {"mine": {"_target_": "my_package.callbacks.Mine", "list": [{"_target_": "other.A"}]}}

    change_plan(sweep, change)
    found = Bundled.read(sweep)
    assert found.given_paths == ["dataset.path=own\\n.csv", "model.init_from=outputs/runs/first"]
    assert found.packages == ["my_package", "other"]


def test_a_single_runs_paths_are_of_its_own_configuration(sweep):
    config = yaml.safe_load((sweep / "sgd-0" / "config.yaml").read_text())
    config["model"]["init_from"] = "first"
    (sweep / "sgd-0" / "config.yaml").write_text(yaml.safe_dump(config))
    assert Bundled.read(sweep / "sgd-0").given_paths == ["model.init_from=first"]


def test_what_holds_neither_a_run_nor_a_sweep_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"contains no run .* and no sweep .*; give the directory of one run"):
        Bundled.read(tmp_path)
    with pytest.raises(UserError, match="no such directory"):
        Bundled.read(tmp_path / "nowhere")


def test_a_plan_without_any_run_is_refused(sweep):
    for run in sweep.glob("*-*"):
        shutil.rmtree(run)
    with pytest.raises(UserError, match="nothing to bundle yet: no run has started"):
        Bundled.read(sweep)


def test_a_record_that_cannot_be_read_is_named(sweep):
    (sweep / "adam-0" / "record.json").write_text("{}")
    with pytest.raises(UserError, match=r"adam-0/record\.json: not a valid run record"):
        Bundled.read(sweep)


@pytest.mark.parametrize("name", ["sgd-0", "sgd-0/.hydra", ".hydra"])
def test_a_folder_that_is_a_link_is_refused(sweep, tmp_path, name):
    outside = tmp_path / "outside"
    if (sweep / name).exists():
        (sweep / name).rename(outside)
    else:
        outside.mkdir()
    (sweep / name).symlink_to(outside)
    with pytest.raises(UserError, match=f"{name}: a link, which is not followed"):
        Bundled.read(sweep)
