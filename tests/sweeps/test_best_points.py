from dataclasses import replace

import pandas as pd
import pytest

from runner.core.errors import UserError
from runner.records.record import RunRecord
from runner.records.run_directory import RunDirectory
from runner.sweeps.best_points import choose, on_edge
from runner.sweeps.planning.axis import Axis
from runner.sweeps.planning.study import read_study
from runner.sweeps.search.trials import Trial
from tests.sweeps import made_up
from tests.sweeps.planning.test_plan import TUNED, planned

AXIS = "optimizer.learning_rate"


def record(job, status="completed", **final) -> RunRecord:
    return RunRecord(
        run_id=job.run_id, name="run", seed=job.seed, status=status, choices={}, overrides=job.overrides,
        dataset={"name": "d", "fingerprint": "f"}, device={}, versions={}, code={}, parameters=1,
        started="2026-11-21T00:00:00+00:00", final={"epoch": 1, **final},
    )  # fmt: skip


@pytest.fixture
def tuned(composer, tmp_path):
    """tuned(scores, study) -> the plan after the choice; scores: (variant, rate) -> a score for each tuning seed."""

    def train(scores, **study):
        asked = TUNED | study
        plan = planned(composer, asked)
        for job in plan.of_phase("tuning"):
            rate = job.config["optimizer"]["learning_rate"]
            given = scores[job.variant, rate][job.seed - 1000]
            directory = RunDirectory(job.path(tmp_path))
            directory.path.mkdir()
            status = "completed" if given is not None else "diverged"
            directory.write_record(record(job, status, **({} if given is None else {"val_accuracy": given})))
        return choose(plan, tmp_path, read_study(asked))

    return train


SCORES = {
    ("adam", 0.1): (0.2, 0.2),
    ("adam", 0.01): (0.9, 0.7),
    ("adam", 0.001): (0.85, 0.84),
    ("sgd", 0.1): (0.9, 0.9),
    ("sgd", 0.01): (0.5, None),
    ("sgd", 0.001): (0.1, 0.1),
}


def test_the_best_mean_over_the_tuning_seeds_is_trained_on_fresh_seeds(tuned):
    final = tuned(SCORES).of_phase("final")
    assert [(job.variant, job.config["optimizer"]["learning_rate"], job.seed) for job in final] == [
        ("adam", 0.001, 0),  # 0.845 on average, although 0.01 has the best single seed
        ("adam", 0.001, 1),
        ("sgd", 0.1, 0),
        ("sgd", 0.1, 1),
    ]


def test_a_loss_is_chosen_for_being_low(tuned):
    scores = {key: tuple(-1.0 if value is None else value for value in values) for key, values in SCORES.items()}
    final = tuned(scores, direction="min").of_phase("final")
    assert {(job.variant, job.config["optimizer"]["learning_rate"]) for job in final} == {("adam", 0.1), ("sgd", 0.01)}


def test_a_point_with_a_diverged_run_loses_to_any_other(tuned, tmp_path):
    scores = SCORES | {("sgd", 0.01): (1.0, None)}
    assert {job.config["optimizer"]["learning_rate"] for job in tuned(scores).of_phase("final")} == {0.001, 0.1}
    table = pd.read_csv(tmp_path / "tuning.csv")
    lost = table[(table["variant"] == "sgd") & (table["point"] == f"{AXIS}=0.01")].iloc[0]
    assert (lost["seeds"], lost["scored"], bool(lost["chosen"])) == (2, 1, False)
    assert pd.isna(lost["val_accuracy"])


def test_the_table_has_budget_choice_and_edge(tuned, tmp_path):
    tuned(SCORES)
    table = pd.read_csv(tmp_path / "tuning.csv")
    assert list(table.columns) == [
        "variant", "point", "val_accuracy", "seeds", "scored", "chosen", "on_edge", "budget", "trial", "state",
        "epochs", "planned_epochs", "run_ids",
    ]  # fmt: skip
    assert list(table["state"]) == ["completed"] * 4 + ["diverged", "completed"]
    assert set(table["budget"]) == {3}
    chosen = table[table["chosen"]].set_index("variant")
    assert chosen["val_accuracy"].to_dict() == pytest.approx({"adam": 0.845, "sgd": 0.9})
    assert chosen["on_edge"].to_dict() == {"adam": True, "sgd": True}
    assert not table[~table["chosen"]]["on_edge"].any()


def test_the_middle_of_an_axis_is_no_edge(tuned, tmp_path):
    tuned(SCORES | {("adam", 0.01): (0.9, 0.9)})
    table = pd.read_csv(tmp_path / "tuning.csv").query("chosen").set_index("variant")
    assert not table.loc["adam", "on_edge"]


def test_choosing_again_after_a_late_run_may_choose_another(tuned, tmp_path):
    plan = tuned(SCORES)
    late = [job for job in plan.of_phase("tuning") if job.variant == "adam" and job.point == [f"{AXIS}=0.1"]]
    for job in late:
        RunDirectory(job.path(tmp_path)).write_record(replace(record(job), final={"epoch": 1, "val_accuracy": 0.99}))
    again = choose(plan, tmp_path, read_study(TUNED)).of_phase("final")
    assert {job.config["optimizer"]["learning_rate"] for job in again if job.variant == "adam"} == {0.1}


def test_a_run_that_two_variants_share_counts_for_each(tuned, tmp_path):
    scores = SCORES | {("same", rate): SCORES["adam", rate] for rate in (0.1, 0.01, 0.001)}
    variants = TUNED["variants"] | {"same": TUNED["variants"]["adam"]}
    plan = tuned(scores, variants=variants)
    final = {(job.variant, job.config["optimizer"]["learning_rate"]) for job in plan.jobs if job.phase == "final"}
    assert final == {("adam", 0.001), ("same", 0.001), ("sgd", 0.1)}
    assert plan.of_one_candidate() == []
    table = pd.read_csv(tmp_path / "tuning.csv")
    assert set(table.loc[table["variant"] == "same", "budget"]) == {3}


def test_a_choice_by_what_is_not_measured_is_refused(tuned):
    with pytest.raises(UserError, match=r"best_val_accuracy: not measured by these runs.*training\.metrics"):
        tuned(SCORES, metric="best_val_accuracy")


def test_where_every_point_has_a_diverged_run_the_one_with_the_fewest_is_chosen(tuned):
    lost = {("sgd", 0.1): (None, None), ("sgd", 0.01): (0.5, None), ("sgd", 0.001): (0.7, None)}
    final = tuned(SCORES | lost).of_phase("final")
    assert {job.config["optimizer"]["learning_rate"] for job in final if job.variant == "sgd"} == {0.001}


def test_of_points_that_differ_by_rounding_alone_the_first_is_chosen(tuned):
    alike = {("adam", 0.1): (0.3, 0.3), ("adam", 0.01): (0.1 + 0.2, 0.1 + 0.2), ("adam", 0.001): (0.2, 0.2)}
    final = tuned(SCORES | alike).of_phase("final")
    assert {job.config["optimizer"]["learning_rate"] for job in final if job.variant == "adam"} == {0.1}


@pytest.mark.parametrize(
    ("axis", "point", "edge"),
    [
        ({"low": 1e-4, "high": 1.0, "log": True}, "x=0.0002", False),  # 7.5% of the scale above its lower end
        ({"low": 1e-4, "high": 1.0, "log": True}, "x=0.00015", True),
        ({"low": 0.0, "high": 1.0}, "x=0.96", True),
        ({"low": 0.0, "high": 1.0}, "x=0.94", False),
        ({"low": 0.9, "high": 0.9999, "log": "from_one"}, "x=0.9998", False),
        ({"low": 1, "high": 8, "step": 3}, "x=7", True),  # its highest value
        ({"choices": [0.1, 0.2, 0.3]}, "x=0.2", False),
        ({"choices": [0.1, 0.2, 0.3]}, "x=0.3", True),
        ({"choices": ["low", "high"]}, "x=low", False),
    ],
)
def test_the_edge_of_a_range_is_a_twentieth_of_its_own_scale(axis, point, edge):
    tried = [point, "x=0.1", "x=0.2 y=1", "x=0.3"]  # points may also have other keys
    trials = [Trial(0, [made_up.job("a", point=tuple(text.split()))], [], "val_accuracy") for text in tried]
    assert on_edge(trials[0], trials, {"x": Axis.model_validate(axis)}) is edge
