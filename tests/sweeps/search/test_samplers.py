import numpy as np
import pytest

from runner.core.errors import UserError
from runner.sweeps.outcome import Outcome
from runner.sweeps.planning.axis import Axis
from runner.sweeps.planning.study import read_study
from runner.sweeps.planning.variant import Variant
from runner.sweeps.search.samplers import next_point, refuse_missing_library
from runner.sweeps.search.trials import Trial, values_at
from tests.sweeps import made_up

AXES = {"x": Axis(low=0.0, high=1.0), "y": Axis(low=0.001, high=1.0, log=True), "z": Axis(choices=["a", "b"])}
VARIANT = Variant("adam", [], [], axes=AXES, arm="adam")


def study(**tune):
    axes = {key: axis.model_dump() for key, axis in AXES.items()}
    return read_study({"variants": {"adam": []}, "tune": {"axes": axes, "budget": 40} | tune})


def trial(number, point, score, status="completed"):
    job = made_up.job(seed=1000, phase="tuning", point=point)
    return Trial(number, [job], [(job, Outcome(status, validation={"val_accuracy": score}))], "val_accuracy")


def search(asked, score, trials, sweep, variant=VARIANT):
    """Return the successive points of a search, scored by a function."""
    done = []
    for number in range(trials):
        point = next_point(asked, variant, done, sweep)
        done.append(trial(number, point, score(values_at(point, variant.axes))))
    return done


def near(values):
    """Return a score that is best at x = 0.3, y = 0.1, z = b."""
    return -abs(values["x"] - 0.3) - abs(np.log10(values["y"]) + 1) / 3 - 0.2 * (values["z"] == "a")


@pytest.mark.parametrize("sampler", ["tpe", "cmaes"])
class TestSamplersThatLearn:
    @pytest.fixture(autouse=True)
    def _library(self, sampler):
        pytest.importorskip({"tpe": "optuna", "cmaes": "cmaes"}[sampler], reason="the extra `optuna` is not installed")

    def test_come_closer_than_chance(self, sampler, tmp_path):
        learnt = search(study(sampler=sampler), near, 40, tmp_path)
        random = search(study(sampler="random"), near, 40, tmp_path)
        late = [np.mean([one.score for one in trials[-10:]]) for trials in (learnt, random)]
        assert late[0] > late[1] + 0.2

    def test_propose_the_same_point_for_the_same_trials(self, sampler, tmp_path):
        done = search(study(sampler=sampler), near, 14, tmp_path)
        again = [next_point(study(sampler=sampler), VARIANT, done[:count], tmp_path) for count in range(14)]
        assert [tuple(point) for point in again] == [one.point for one in done]
        other = next_point(study(sampler=sampler, sampler_seed=1), VARIANT, done, tmp_path)
        assert other != next_point(study(sampler=sampler), VARIANT, done, tmp_path)

    def test_begin_with_the_points_of_a_random_search(self, sampler, tmp_path):
        first = [one.point for one in search(study(sampler=sampler), near, 4, tmp_path)]
        assert first == [one.point for one in search(study(sampler="random"), near, 4, tmp_path)]

    def test_go_on_where_no_trial_has_a_score(self, sampler, tmp_path):
        done = search(study(sampler=sampler), near, 12, tmp_path)
        lost = [trial(one.number, one.point, 0.5, "diverged") for one in done]
        assert tuple(next_point(study(sampler=sampler), VARIANT, lost, tmp_path)) not in {one.point for one in lost}

    def test_go_on_after_a_run_that_was_interrupted_alone(self, sampler, tmp_path):
        done = search(study(sampler=sampler), near, 12, tmp_path)
        done[3] = trial(3, done[3].point, None, "interrupted")
        assert tuple(next_point(study(sampler=sampler), VARIANT, done, tmp_path)) not in {one.point for one in done}

    def test_avoid_what_diverged(self, sampler, tmp_path):
        asked, done = study(sampler=sampler), []
        for number in range(40):
            point = next_point(asked, VARIANT, done, tmp_path)
            is_lost = values_at(point, AXES)["x"] > 0.5
            done.append(trial(number, point, near(values_at(point, AXES)), "diverged" if is_lost else "completed"))
        assert sum(values_at(one.point, AXES)["x"] > 0.5 for one in done[-10:]) <= 2

    def test_take_a_low_loss_for_good(self, sampler, tmp_path):
        asked = study(sampler=sampler).model_copy(update={"direction": "min"})
        done = search(asked, lambda values: -near(values), 40, tmp_path)
        assert np.mean([one.score for one in done[-10:]]) < np.mean([one.score for one in done[:10]]) - 0.15


def test_null_is_a_choice_like_any_other(tmp_path):
    pytest.importorskip("optuna", reason="the extra `optuna` is not installed")
    axes = {"x": Axis(low=0.0, high=1.0), "clipping": Axis(choices=[0.1, None, 1.0, 10.0])}
    variant = Variant("adam", [], [], axes=axes, arm="adam")
    done = search(study(sampler="tpe"), lambda values: float(values["clipping"] == 1.0), 40, tmp_path, variant)
    assert sum(one.score for one in done[-20:]) >= 8  # by chance: 5


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setattr("runner.sweeps.search.samplers.find_spec", lambda name: None)
    for sampler, text in {"tpe": "Optuna: pip install 'optuna>=4'", "cmaes": "cmaes", "gp": "Optuna"}.items():
        with pytest.raises(UserError, match=f"sampler={sampler} needs {text}"):
            refuse_missing_library(study(sampler=sampler).tune)
    refuse_missing_library(study(sampler="random").tune)
