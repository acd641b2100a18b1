from dataclasses import replace

import pytest

from runner.core.omissions import LeftOut
from runner.records.run_directory import RunDirectory
from runner.sweeps.cleaning.needed import best_models, starting_points
from runner.sweeps.planning.plan import Plan
from tests.sweeps.made_up import job


def best(*paths):
    found = best_models([(path, RunDirectory(path).read_record()) for path in paths], LeftOut())
    return {path.name for path in found}


class TestStartingPoints:
    def test_relative_paths_count_from_the_runs_own_directory_and_from_here(self, outputs, make, tmp_path):
        make("runs/b", init_from="runs/a", working_directory=str(tmp_path / "there"))
        found = starting_points([outputs], LeftOut())
        assert found == dict.fromkeys([tmp_path / "there" / "runs" / "a", tmp_path / "runs" / "a"], outputs / "runs/b")

    def test_a_planned_run_needs_its_start_before_it_begins(self, outputs):
        planned = replace(job(), config=job().config | {"model": {"init_from": str(outputs / "runs" / "a")}})
        Plan([planned]).write(outputs / "s")
        assert starting_points([outputs], LeftOut()) == {outputs / "runs" / "a": outputs / "s" / "plan.json"}

    def test_runs_that_start_nowhere_name_nothing(self, outputs, make):
        make("runs/a")
        make("runs/b").joinpath("config.yaml").write_text("model: {}\n")
        make("runs/c").joinpath("config.yaml").unlink()
        assert starting_points([outputs], LeftOut()) == {}

    def test_a_link_to_the_start_names_the_same_run(self, outputs, make):
        start = make("runs/a")
        (outputs / "link").symlink_to(start)
        make("runs/b", init_from="outputs/link")
        assert set(starting_points([outputs], LeftOut())) == {start}

    @pytest.mark.parametrize("text", ["model: [init_from: x", "model: {init_from: 3}", 'model: {init_from: "\\0"}'])
    def test_a_damaged_configuration_stops_nothing(self, outputs, make, text):
        make("runs/b").joinpath("config.yaml").write_text(text)
        left_out = LeftOut()
        assert starting_points([outputs], left_out) == {}
        assert all("config.yaml" in reason for reason in left_out.reasons)


class TestBestModels:
    def test_without_a_plan_runs_of_the_same_overrides_compete_by_accuracy(self, make):
        runs = [
            make(f"s/{name}{seed}", overrides=[f"optimizer={name}", f"seed={seed}"], accuracies=[accuracy])
            for name, seed, accuracy in [("sgd", 0, 0.5), ("sgd", 1, 0.7), ("adam", 0, 0.9), ("adam", 1, 0.9)]
        ]
        assert best(*runs) == {"sgd1", "adam0"}

    def test_runs_of_other_directories_and_data_do_not_compete(self, make):
        runs = [make("s/a"), make("t/b", accuracies=[0.9]), make("s/c", accuracies=[0.9], fingerprint="e" * 64)]
        assert best(*runs) == {"a", "b", "c"}

    @pytest.mark.parametrize("status", ["diverged", "failed", "interrupted", "pruned", "running"])
    def test_only_completed_runs_compete(self, make, status):
        assert best(make("s/a", accuracies=[0.5]), make("s/b", status, accuracies=[0.9])) == {"a"}

    def test_the_metric_and_the_variants_are_those_of_the_plan(self, outputs, make):
        planned = [job("x", 0), job("x", 1), job("y", 0)]
        Plan(planned, {"metric": "val_loss"}).write(outputs / "s")
        losses = [0.2, 0.1, 0.9]
        runs = [
            make(f"s/{one.directory}", accuracies=[1 - loss], validation={"loss": 1 - loss})
            for one, loss in zip(planned, losses, strict=True)
        ]
        assert best(*runs) == {planned[0].directory, planned[2].directory}

    def test_a_search_keeps_one_trial(self, outputs, make):
        planned = [job(f"trial {number}", phase="trial") for number in range(3)]
        Plan(planned, search={"metric": "val_accuracy"}).write(outputs / "s")
        runs = [make(f"s/{one.directory}", accuracies=[0.5 + place / 10]) for place, one in enumerate(planned)]
        assert best(*runs) == {planned[2].directory}

    def test_runs_without_the_metric_stay_all(self, make):
        runs = [make(f"s/{name}", final={"val_loss": 1.0}, best={}) for name in "ab"]
        assert best(*runs) == {"a", "b"}

    def test_a_damaged_plan_is_named_and_the_runs_compete_by_accuracy(self, outputs, make):
        runs = [make("s/a", accuracies=[0.5]), make("s/b", accuracies=[0.9])]
        (outputs / "s" / "plan.json").write_text("{")
        left_out = LeftOut()
        assert set(best_models([(run, RunDirectory(run).read_record()) for run in runs], left_out)) == {runs[1]}
        assert "plan.json" in left_out.reasons[0]
