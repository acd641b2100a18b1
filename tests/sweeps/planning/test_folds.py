"""Cross-validation of a plan."""

import pandas as pd
import pytest

from runner.core.errors import ConfigError
from runner.sweeps.planning.candidates import candidates
from runner.sweeps.planning.difference import difference
from runner.sweeps.planning.fold_power import fold_lines
from runner.sweeps.planning.folds import cross_validated, read_folds
from runner.sweeps.planning.plan import Plan, sharing
from runner.sweeps.planning.study import read_study
from runner.sweeps.planning.variant import Variant
from runner.sweeps.planning.variants import study_variants

STUDY = {"variants": {"adam": [], "sgd": ["optimizer=sgd"]}, "base": ["dataset=digits"], "folds": 3, "seeds": 2}


@pytest.fixture
def planned(composer):
    """planned(seeds=3) -> the plan of a cross-validated study; additional arguments are overrides of the command."""

    def plan(*single, **asked):
        study = read_study(STUDY | asked)
        variants = cross_validated(study_variants(study, {}, list(single), composer), study.folds)
        found = candidates(variants, composer)
        return Plan(sharing(job for candidate in found for job in candidate.planned(study)), study.model_dump())

    return plan


def test_every_seed_of_every_variant_runs_on_the_same_folds_which_the_seed_draws(planned):
    plan = planned()
    for variant in ("adam", "sgd"):
        drawn = [(job.seed, job.config["dataset"]) for job in plan.jobs if job.variant == variant]
        found = [(seed, data["folds"], data["fold"], data["split_seed"]) for seed, data in drawn]
        assert found == [(seed, 3, fold, seed) for seed in (0, 1) for fold in (0, 1, 2)]
    assert len({job.run_id for job in plan.jobs}) == 12


def test_a_run_is_that_of_the_overrides_which_its_record_will_hold(planned, composer):
    job = planned().jobs[4]
    assert job.overrides[-2:] == ["dataset.fold=1", "seed=1"]
    again = composer.compose(job.overrides[:-1]).for_seed(1)
    assert again == job.config


def test_a_split_seed_of_the_users_own_keeps_the_folds(planned):
    plan = planned("dataset.split_seed=7")
    assert {job.config["dataset"]["split_seed"] for job in plan.jobs} == {7}


def test_the_table_and_the_directories_name_the_fold(planned, tmp_path):
    plan = planned(seeds=1)
    plan.write(tmp_path)
    table = pd.read_csv(tmp_path / "plan.csv", keep_default_na=False)
    assert table["fold"].tolist() == [0, 1, 2] * 2
    assert [job.which for job in plan.jobs[:2]] == ["seed 0, fold 0", "seed 0, fold 1"]
    assert table["directory"][1].startswith("adam_seed0_fold1_")
    assert Plan.read(tmp_path).jobs == plan.jobs


def test_folds_of_a_variant_are_of_one_kind_and_do_not_differ(planned):
    plan = planned()
    assert len({job.kind for job in plan.jobs}) == 2
    assert difference(plan.jobs[0], plan.jobs[1]) == []


@pytest.mark.parametrize("override", ["dataset.fold=1", "dataset.folds=4"])
def test_a_variant_cannot_have_folds_of_its_own(override):
    with pytest.raises(ConfigError, match=rf"{override}: every run gets one of the 3 folds \(folds=3\); remove it"):
        cross_validated([Variant("a", [override], [])], 3)


def test_without_folds_variants_stay_as_they_are():
    variants = [Variant("a", ["optimizer=sgd"], [])]
    assert cross_validated(variants, None) == variants


@pytest.mark.parametrize("value", [1, 0, 2.5, True, "five", [5], 1001])
def test_what_is_no_number_of_folds_is_refused(value):
    with pytest.raises(ConfigError, match=r"^folds=.*: must be a number of folds, 2 to 1000$"):
        read_folds(value)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"tune": {"axes": {"optimizer.learning_rate": [0.1]}}},
            "cannot be combined with study.tune, which would need",
        ),
        ({"seeds": {"first": 8, "most": 30}}, "cannot be combined with planned looks; give a number of seeds"),
        ({"vary": ["order"]}, "cannot be combined with study.vary"),
    ],
)
def test_what_folds_do_not_support_is_refused(more, said):
    with pytest.raises(ConfigError, match=f"^study.folds: {said}"):
        read_study(STUDY | more)


def test_folds_of_the_command_replace_those_of_the_study():
    assert read_study(STUDY, folds=10).folds == 10
    with pytest.raises(ConfigError, match=r"study.folds=1: must be an integer of at least 2"):
        read_study(STUDY, folds=1)


def test_folds_of_a_study_can_be_turned_off():
    assert read_study(STUDY, cross_validate=False).folds is None
    assert read_study(STUDY).folds == 3


def test_a_plan_says_what_its_folds_can_show(planned):
    (line,) = fold_lines(planned(folds=5, seeds=3).jobs, comparisons=1)
    assert line.startswith("with 15 folds over 1 comparison, the corrected resampled t-test can detect differences of")
    assert [*fold_lines(planned().jobs, comparisons=0)] == []


def test_a_plan_says_that_seeds_share_their_folds(planned):
    shared, line = fold_lines(planned("dataset.split_seed=0").jobs, comparisons=1)
    assert shared == "dataset.split_seed fixes the folds, so the 2 seeds of a fold count as one value, their mean"
    assert line.startswith("with 3 folds over")
