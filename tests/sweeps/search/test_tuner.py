import math
import random

import pandas as pd
import pytest
from hydra.types import RunMode

from runner.core.errors import UserError
from runner.sweeps.planning.plan import Plan
from tests.loader import config_loader
from tests.sweeps import made_up
from tests.sweeps.search.simulated import RATE, RATES, Quick, Simulated, asked, bowl, searched

pytest.importorskip("optuna", reason="the extra `optuna` is not installed")


@pytest.fixture(scope="module")
def composer():
    loader = config_loader()
    return Quick(loader, loader.load_configuration("config", ["hydra.mode=MULTIRUN"], RunMode.MULTIRUN))


def tuning(sweep):
    return pd.read_csv(sweep / "tuning.csv")


@pytest.mark.parametrize(
    ("sampler", "pruner"),
    [("tpe", "none"), ("tpe", "median"), ("cmaes", "successive_halving"), ("random", "hyperband"), ("sobol", "none")],
)
def test_every_variant_gets_the_same_number_of_trials(composer, tmp_path, sampler, pruner):
    pool = Simulated(tmp_path)
    plan = searched(asked(sampler=sampler, pruner=pruner, seeds=2), composer, tmp_path, pool)
    table = tuning(tmp_path)
    assert table.groupby("variant").size().to_dict() == {"adam": 8, "sgd": 8}
    assert not table.duplicated(["variant", "point"]).any()
    final = plan.of_phase("final")
    assert [(job.variant, job.seed) for job in final] == [("adam", 0), ("adam", 1), ("sgd", 0), ("sgd", 1)]
    chosen = table[table["chosen"]].set_index("variant")["point"]
    assert all(chosen[job.variant] in job.overrides for job in final)
    assert len(pool.trained) == len({job.run_id for job in pool.trained})


def test_a_search_that_is_killed_ten_times_makes_the_same_choice(composer, tmp_path):
    study = asked(sampler="tpe", pruner="successive_halving", seeds=2, budget=10)
    searched(study, composer, tmp_path / "undisturbed", Simulated(tmp_path / "undisturbed"))
    moments = random.Random(0)
    kills = 0
    for _ in range(10):
        try:
            searched(
                study, composer, tmp_path / "killed", Simulated(tmp_path / "killed", killed_after=moments.randint(0, 4))
            )
        except KeyboardInterrupt:
            kills += 1
    assert kills == 10
    searched(study, composer, tmp_path / "killed", Simulated(tmp_path / "killed"))
    for name in ("tuning.csv", "plan.csv"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "undisturbed" / name).read_bytes()


def test_with_as_many_variants_as_workers_their_speed_decides_nothing(composer, tmp_path):
    study = asked(budget=8)
    for workers in (1, 2):
        pool = Simulated(tmp_path / str(workers), workers=workers)
        searched(study, composer, tmp_path / str(workers), pool)
        assert pool.most_at_once == workers
    assert set(tuning(tmp_path / "1")["point"]) == set(tuning(tmp_path / "2")["point"])


def test_no_worker_waits_for_the_others(composer, tmp_path):
    pool = Simulated(tmp_path, workers=3)
    searched(asked(budget=8, pruner="hyperband"), composer, tmp_path, pool)
    assert pool.most_at_once == 3
    assert len(tuning(tmp_path)) == 16


class TestPruning:
    def test_stops_bad_trials_and_says_what_that_saved(self, composer, tmp_path):
        searched(asked(budget=12, pruner="successive_halving", seeds=2), composer, tmp_path, Simulated(tmp_path))
        table = tuning(tmp_path)
        pruned = table[table["state"] == "pruned"]
        assert len(pruned) > 5
        assert (pruned["epochs"] < pruned["planned_epochs"]).all()
        assert pruned["val_accuracy"].isna().all()
        assert (table[table["state"] == "completed"]["epochs"] == 8).all()
        best = table.groupby("variant")["val_accuracy"].idxmax()
        assert table.loc[best, "chosen"].all()

    def test_spares_the_other_seeds_of_a_trial(self, composer, tmp_path):
        pool = Simulated(tmp_path)
        plan = searched(asked(budget=12, pruner="successive_halving", seeds=3), composer, tmp_path, pool)
        spared = [job for job in plan.jobs if job.phase == "pruned"]
        assert spared
        assert not {job.run_id for job in spared} & {job.run_id for job in pool.trained}
        assert {job.seed for job in spared} == {1001, 1002}
        assert not {job.run_id for job in spared} & {*pd.read_csv(tmp_path / "plan.csv")["run_id"]}

    def test_by_the_seeds_ends_a_trial_after_some_of_them(self, composer, tmp_path):
        searched(asked(budget=5, pruner="wilcoxon", seeds=6), composer, tmp_path, Simulated(tmp_path))
        table = tuning(tmp_path)
        pruned = table[table["state"] == "pruned"]
        assert len(pruned)
        assert (pruned["scored"] == 4).all()  # the first test that can be significant: p = 1/16
        assert set(table[table["state"] == "completed"]["scored"]) == {6}

    def test_works_in_a_grid_that_is_planned_as_a_whole(self, composer, tmp_path):
        axes = {RATE: [0.0001, 0.001, 0.01, 0.1, 1.0]}
        study = asked(axes=axes, sampler="grid", budget=None, pruner="median", startup_trials=2)
        searched(study, composer, tmp_path, Simulated(tmp_path))
        table = tuning(tmp_path)
        assert set(table[table["chosen"]]["point"]) == {f"{RATE}=0.01"}
        assert set(table[table["state"] == "pruned"]["point"]) == {f"{RATE}=1.0"}  # 0.1 ties with 0.001


def test_a_diverged_trial_is_not_chosen_and_does_not_end_the_search(composer, tmp_path):
    def score(job, epoch):
        return math.nan if job.config["optimizer"]["learning_rate"] > 0.003 else bowl(job, epoch)

    searched(asked(budget=10), composer, tmp_path, Simulated(tmp_path, score))
    table = tuning(tmp_path)
    assert len(table) == 20
    assert "diverged" in set(table["state"])
    assert set(table[table["chosen"]]["state"]) == {"completed"}


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_the_same_command_repeats_a_failed_trial_alone(composer, tmp_path, sampler):
    before = searched(asked(budget=5, sampler=sampler), composer, tmp_path, Simulated(tmp_path))
    (lost, *_) = [job for job in before.jobs if job.phase == "tuning"]
    made_up.end(lost, tmp_path, "failed")
    pool = Simulated(tmp_path)
    searched(asked(budget=5, sampler=sampler), composer, tmp_path, pool)
    assert [job.run_id for job in pool.trained] == [lost.run_id]


@pytest.mark.parametrize(
    ("budget", "trials"),
    [({"epochs": 40}, 10), ({"epochs": 43}, 10), ({"seconds": 150}, 8)],  # 4 epochs and 20 seconds each
)
def test_a_budget_may_be_one_of_epochs_or_seconds(composer, tmp_path, budget, trials):
    searched(asked(budget=budget, sampler="random"), composer, tmp_path, Simulated(tmp_path))
    table = tuning(tmp_path)
    assert table.groupby("variant").size().to_dict() == {"adam": trials, "sgd": trials}


def test_epochs_that_a_pruner_saves_buy_further_trials(composer, tmp_path):
    study = asked(budget={"epochs": 40}, pruner="successive_halving")
    searched(study, composer, tmp_path, Simulated(tmp_path))
    spent = tuning(tmp_path).groupby("variant")["epochs"].sum()
    assert (spent > 36).all()
    assert (spent <= 40).all()
    assert (tuning(tmp_path).groupby("variant").size() > 10).all()


def test_a_budget_of_less_than_a_trial_is_refused(composer, tmp_path):
    with pytest.raises(UserError, match=r"study\.tune\.budget\.epochs=7: too few for one trial of adam, which takes 8"):
        searched(asked(budget={"epochs": 7}, seeds=2), composer, tmp_path, Simulated(tmp_path))


def test_a_larger_budget_goes_on(composer, tmp_path):
    searched(asked(budget=6), composer, tmp_path, Simulated(tmp_path))
    before = tuning(tmp_path)
    pool = Simulated(tmp_path)
    searched(asked(budget=8), composer, tmp_path, pool)
    after = tuning(tmp_path)
    assert len(pool.trained) == 4
    assert {*before["point"]} < {*after["point"]}


def test_a_space_of_few_points_ends_when_all_are_tried(composer, tmp_path):
    axes = {"training.batch_size": [32, 64], "model.activation": ["relu", "tanh"]}
    searched(asked(axes=axes, budget=9), composer, tmp_path, Simulated(tmp_path, lambda job, epoch: epoch / 10))
    table = tuning(tmp_path)
    assert table.groupby("variant").size().to_dict() == {"adam": 4, "sgd": 4}
    assert not table.duplicated(["variant", "point"]).any()


@pytest.mark.parametrize("sampler", ["tpe", "cmaes"])
def test_an_axis_under_a_condition_is_searched_where_it_applies(composer, tmp_path, sampler):
    axes = {"schedule": ["constant", "cosine"], "schedule.alpha": {"low": 0.0, "high": 0.5, "when": "schedule=cosine"}}
    searched(asked(axes=RATES | axes, budget=12, sampler=sampler), composer, tmp_path, Simulated(tmp_path))
    points = tuning(tmp_path)["point"]
    assert points.str.contains("schedule=constant").any()
    assert (points.str.contains("schedule=cosine") == points.str.contains("schedule.alpha=")).all()


class TestContinuing:
    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"axes": {RATE: {"low": 1e-4, "high": 1.0}}}, rf"study\.tune\.axes\.{RATE}: changed since"),
            ({"seeds": 2}, r"study\.tune\.seeds: changed since"),
        ],
    )
    def test_refuses_trials_that_could_not_be_compared(self, composer, tmp_path, changed, said):
        searched(asked(budget=5), composer, tmp_path, Simulated(tmp_path))
        with pytest.raises(UserError, match=said + r".*hydra\.sweep\.dir=DIR"):
            searched(asked(budget=6, **changed), composer, tmp_path, Simulated(tmp_path))

    def test_refuses_a_damaged_plan_which_has_the_trials_so_far(self, composer, tmp_path):
        searched(asked(budget=5), composer, tmp_path, Simulated(tmp_path))
        (tmp_path / "plan.json").write_text('{"format": 1, "jobs": [')
        with pytest.raises(UserError, match=r"plan\.json: not a valid sweep plan"):
            searched(asked(budget=6), composer, tmp_path, Simulated(tmp_path))
        assert (tmp_path / "plan.json").read_text() == '{"format": 1, "jobs": ['

    def test_refuses_another_configuration(self, composer, tmp_path):
        study = asked(budget=5)
        searched(study, composer, tmp_path, Simulated(tmp_path))
        with pytest.raises(UserError, match=r"adam: training\.epochs=5: changed since"):
            searched(study.model_copy(update={"base": ["training.epochs=5"]}), composer, tmp_path, Simulated(tmp_path))

    def test_accepts_a_wider_range(self, composer, tmp_path):
        searched(asked(budget=5), composer, tmp_path, Simulated(tmp_path))
        first = tuning(tmp_path)["point"]
        wider = {RATE: {"low": 1e-5, "high": 10.0, "log": True}}
        searched(asked(budget=8, axes=wider), composer, tmp_path, Simulated(tmp_path))
        assert {*first} < {*tuning(tmp_path)["point"]}


def test_a_point_whose_values_do_not_fit_together_is_left_out(composer, tmp_path):
    axes = {"+clipping.clipnorm": [None, 1.0], "+clipping.clipvalue": [None, 0.5]}
    searched(asked(axes=axes, budget=4), composer, tmp_path, Simulated(tmp_path))
    assert tuning(tmp_path).groupby("variant").size().to_dict() == {"adam": 3, "sgd": 3}


def test_the_plan_says_how_many_runs_are_to_come(composer, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        searched(asked(budget=6, seeds=2), composer, tmp_path, Simulated(tmp_path, killed_after=5))
    plan = Plan.read(tmp_path)
    assert plan.is_growing
    begun = len(plan.of_phase("tuning"))
    assert begun + plan.to_come == 2 * 6 * 2
    assert not searched(asked(budget=6, seeds=2), composer, tmp_path, Simulated(tmp_path)).is_growing


def test_the_journal_has_the_trials_of_each_variant(composer, tmp_path):
    import optuna
    from optuna.storages.journal import JournalFileBackend

    searched(asked(budget=6, pruner="successive_halving"), composer, tmp_path, Simulated(tmp_path))
    (tmp_path / "optuna.journal.lock").symlink_to("optuna.journal")  # left by a killed process
    searched(asked(budget=6, pruner="successive_halving"), composer, tmp_path, Simulated(tmp_path))
    (tmp_path / "optuna.journal.lock").unlink()
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(tmp_path / "optuna.journal")))
    table = tuning(tmp_path)
    for variant in ("adam", "sgd"):
        trials = optuna.load_study(study_name=variant, storage=storage).trials
        own = table[table["variant"] == variant]
        assert [trial.state.name.lower().removesuffix("d") for trial in trials] == [
            state.removesuffix("d") for state in own["state"]
        ]
        assert [trial.params[RATE] for trial in trials] == [
            float(point.removeprefix(f"{RATE}=")) for point in own["point"]
        ]
