from dataclasses import replace

import pandas as pd
import pytest

from runner.core.errors import ConfigError, UserError
from runner.sweeps.planning.candidates import candidates
from runner.sweeps.planning.difference import difference
from runner.sweeps.planning.plan import Plan, sharing
from runner.sweeps.planning.study import read_study
from runner.sweeps.planning.variants import grid_variants, study_variants
from tests.sweeps.made_up import end


def planned(composer, study) -> Plan:
    read = read_study(study)
    found = candidates(study_variants(read, {}, [], composer), composer)
    return Plan(sharing(job for candidate in found for job in candidate.planned(read)), study)


STUDY = {"variants": {"adam": [], "sgd": ["optimizer=sgd", "optimizer.learning_rate=0.1"]}, "seeds": 2}
TUNED = STUDY | {"tune": {"axes": {"optimizer.learning_rate": [0.1, 0.01, 0.001]}, "seeds": 2}}


def test_a_plan_is_read_back_as_it_was_written(composer, tmp_path):
    plan = planned(composer, STUDY)
    plan.write(tmp_path)
    assert Plan.read(tmp_path) == plan


def test_the_table_says_what_each_run_is(composer, tmp_path):
    planned(composer, STUDY).write(tmp_path)
    table = pd.read_csv(tmp_path / "plan.csv", keep_default_na=False)
    assert list(zip(table["variant"], table["seed"], strict=True)) == [("adam", 0), ("adam", 1), ("sgd", 0), ("sgd", 1)]
    assert table["run_id"].is_unique
    assert list(table["difference"]) == ["", "", *["optimizer=sgd optimizer.learning_rate=0.1"] * 2]


def test_a_run_s_id_does_not_depend_on_who_plans_it(composer):
    one = planned(composer, STUDY)
    other = planned(composer, {"variants": {"x": ["optimizer=sgd", "optimizer.learning_rate=0.1"]}, "seeds": [1]})
    assert one.jobs[3].run_id == other.jobs[0].run_id
    assert one.jobs[3].config == other.jobs[0].config


def test_variants_that_are_the_same_run_are_trained_once_and_named(composer):
    plan = planned(composer, {"variants": {"a": [], "b": ["optimizer=adam"], "c": ["optimizer=sgd"]}, "seeds": 3})
    assert plan.merged() == [("a", "b")]
    assert len(plan.jobs) == 9
    assert [job.variant for job in plan.of_phase("final")] == ["a"] * 3 + ["c"] * 3


def test_a_tuned_study_plans_every_point_and_freezes_what_may_follow(composer):
    plan = planned(composer, TUNED)
    assert len(plan.of_phase("tuning")) == 2 * 3 * 2
    assert len(plan.of_phase("candidate")) == 2 * 3 * 2
    assert plan.of_phase("final") == []
    assert len(plan.of_one_candidate()) == 2 * 2
    assert {job.seed for job in plan.of_phase("tuning")} == {1000, 1001}
    assert {row["phase"] for row in plan.rows()} == {"tuning"}


def test_all_wrong_variants_are_named_at_once(composer):
    wrong = {"variants": {"a": ["optimizer=adamm"], "b": ["training.epoch=3"], "c": []}}
    with pytest.raises(ConfigError) as error:
        planned(composer, wrong)
    assert "variant a: optimizer=adamm: no such option; did you mean adam?" in str(error.value)
    assert "variant b: training.epoch=3: no such key; did you mean epochs?" in str(error.value)
    with pytest.raises(ConfigError, match=r"variant d: training\.epochs=0: must be an integer of at least 1"):
        planned(composer, {"variants": {"d": ["training.epochs=0"]}})


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("seed=3", "seed=3: every variant gets all seeds"),
        ("optimizer=sgd,adam", "optimizer=sgd,adam: a variant takes one value"),
    ],
)
def test_a_variant_is_one_thing_on_every_seed(composer, override, said):
    with pytest.raises(ConfigError, match=said):
        planned(composer, {"variants": {"a": [override]}})


@pytest.mark.parametrize("text", ["", "{", "[]", '{"jobs": [{}], "study": {}, "launcher": {}}'])
def test_a_directory_without_a_plan_is_said_to_be_none(tmp_path, text):
    (tmp_path / "plan.json").write_text(text)
    with pytest.raises(UserError, match="not a valid sweep plan"):
        Plan.read(tmp_path)


def test_a_difference_leads_from_one_configuration_to_the_other(composer):
    overrides = ["regularizer=[l1]", "optimizer=momentum", "training.epochs=3", "dataset.train_size=100"]
    plan = planned(composer, {"variants": {"a": [], "b": overrides}, "seeds": 1})
    baseline, other = plan.jobs
    found = difference(baseline, other)
    assert set(overrides) <= set(found)
    again = planned(composer, {"variants": {"b": found}, "seeds": 1})
    assert again.jobs[0].run_id == other.run_id
    assert difference(baseline, replace(baseline, seed=7)) == []


def test_a_difference_names_keys_that_were_added_or_removed_but_not_those_of_another_option(composer):
    overrides = ["model=cnn", "regularizer=[l2]", "+optimizer.amsgrad=true", "~optimizer.beta_1"]
    plan = planned(composer, {"variants": {"a": [], "b": overrides}, "seeds": 1})
    assert sorted(difference(*plan.jobs)) == sorted(overrides)


def test_a_mapping_that_became_null_is_one_difference(composer):
    (one,) = planned(composer, {"variants": {"a": []}, "seeds": 1}).jobs
    inner = replace(one, config=one.config | {"extra": {"early": {"a": 1, "b": 2}}})
    null = replace(one, config=one.config | {"extra": {"early": None}})
    assert difference(inner, null) == ["extra.early=null"]
    assert difference(null, inner) == ["+extra.early.a=1", "+extra.early.b=2"]


def test_the_same_grid_with_its_axes_in_another_order_finds_its_runs(composer, tmp_path):
    """The names of the runs list the axes in the order of the command."""
    axes = {"optimizer": ["optimizer=sgd", "optimizer=adam"], "model": ["model=mlp", "model=logistic"]}

    def plan(*order):
        found = candidates(grid_variants({key: axes[key] for key in order}, []), composer)
        return Plan([job for cell in found for job in cell.jobs([0, 1], "final")])

    first, second = plan("optimizer", "model"), plan("model", "optimizer")
    for job in first.jobs:
        end(job, tmp_path, "completed")
    assert {job.directory for job in second.jobs}.isdisjoint(job.directory for job in first.jobs)
    found = second.where_runs_lie(tmp_path)
    assert {job.run_id: job.directory for job in found.jobs} == {job.run_id: job.directory for job in first.jobs}
    assert first.where_runs_lie(tmp_path) == first
    assert plan("model", "optimizer").where_runs_lie(tmp_path / "elsewhere") == second
