"""Runs of a study in which one source of variance varies alone."""

import pytest

from runner.core.errors import ConfigError
from runner.sweeps.planning.candidates import candidates
from runner.sweeps.planning.plan import Plan, sharing
from runner.sweeps.planning.sources import source_candidates
from runner.sweeps.planning.study import read_study
from runner.sweeps.planning.variants import study_variants

ALL_FIVE = ["weights", "order", "dropout", "augmentation", "split"]
BASE = ["dataset.split=random", "regularizer=[dropout]", "augmentation=[translation]"]


@pytest.fixture
def planned(composer):
    """planned(vary=[...], base=[...], seeds=3) -> the plan of a study with one variant, `mlp`."""

    def plan(*single, **asked):
        study = read_study({"variants": {"mlp": []}, "seeds": 3, "base": BASE} | asked)
        found = candidates(study_variants(study, {}, list(single), composer), composer)
        found += source_candidates(found, study, composer)
        return Plan(sharing(job for candidate in found for job in candidate.planned(study)), study.model_dump())

    return plan


def seeds_of(job):
    """Return the seed of each source of a run."""
    streams = {name: job.config["seed"] if own is None else own for name, own in job.config["stream_seeds"].items()}
    return streams | {"split": job.config["dataset"]["split_seed"]}


def test_in_each_set_of_runs_one_source_follows_the_seed_and_the_others_stay_as_with_the_first(planned):
    plan = planned(vary=ALL_FIVE, seeds=[4, 7, 9])
    for source in ALL_FIVE:
        runs = [job for job in plan.jobs if job.variant == f"mlp,vary={source}"]
        assert [job.seed for job in runs] == [4, 7, 9]
        fixed = dict.fromkeys(ALL_FIVE, 4) | {"split": 0}
        assert [seeds_of(job) for job in runs] == [fixed | {source: seed} for seed in (4, 7, 9)]
        assert {job.phase for job in runs} == {"source"}
    together = [job for job in plan.jobs if job.variant == "mlp,vary=all"]
    assert [seeds_of(job) for job in together] == [dict.fromkeys(ALL_FIVE, seed) for seed in (4, 7, 9)]


def test_without_the_split_everything_together_is_the_ordinary_runs_which_are_trained_once(planned):
    plan = planned(vary=["weights", "order"])
    assert len({job.run_id for job in plan.jobs}) == 3 + 2 + 2  # the first seed belongs to all sets
    assert {job.directory for job in plan.jobs if job.variant in ("mlp", "mlp,vary=all")} == {
        job.directory for job in plan.jobs if job.phase == "final"
    }


def test_with_the_split_too_if_ordinary_runs_draw_a_new_one_for_each_seed(planned):
    plan = planned(vary=["split"], base=[*BASE, "dataset.split_seed=${seed}"])
    assert len({job.run_id for job in plan.jobs}) == 3 + 2
    plan = planned(vary=["order"], base=[*BASE, "dataset.split_seed=${seed}"])
    assert [seeds_of(job)["split"] for job in plan.jobs if job.variant == "mlp,vary=order"] == [0, 0, 0]


def test_ordinary_runs_are_those_of_a_study_without_sources(planned):
    with_sources, without = planned(vary=["order"]), planned()
    ordinary = [job for job in with_sources.jobs if job.is_rival]
    assert [job.run_id for job in ordinary] == [job.run_id for job in without.of_phase("final")]


def test_a_stream_that_a_variant_fixes_stays_fixed(planned):
    plan = planned("stream_seeds.order=5", vary=["weights"])
    assert {seeds_of(job)["order"] for job in plan.jobs} == {5}


@pytest.mark.parametrize(
    ("source", "override", "reason"),
    [
        ("dropout", "regularizer=[l2]", "no dropout or noise layer is chosen"),
        ("dropout", "regularizer.dropout.rate=0.0", "no dropout or noise layer is chosen"),
        ("augmentation", "augmentation=[]", "none is chosen"),
        ("split", "dataset.split=last", "dataset.split=last draws nothing; use dataset.split=random or stratified"),
        ("order", "training.batch_size=full", "training.batch_size=full takes all examples in every step"),
        ("weights", "stream_seeds.weights=3", "stream_seeds.weights=3 fixes it; remove that override"),
    ],
)
def test_a_source_that_a_variant_does_not_have_is_refused_by_its_name(planned, source, override, reason):
    planned(vary=[source])
    with pytest.raises(ConfigError) as error:
        planned(override, vary=[source])
    assert str(error.value).startswith(f"variant mlp: study.vary: {source} has no effect: {reason}")


def test_noise_layers_draw_from_the_stream_of_dropout(planned):
    assert planned("regularizer=[gaussian_noise]", vary=["dropout"])
