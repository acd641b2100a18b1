import numpy as np
import pytest

from runner.reporting.statistics.functional_anova import Factor, functional_anova

NUMBER = Factor()


def drawn(count, factors=3):
    return np.random.default_rng(0).random((count, factors))


def test_shares_of_an_additive_function_are_those_of_its_variances():
    places = drawn(400)
    found = functional_anova(places, 3 * places[:, 0] + places[:, 1], [NUMBER] * 3)
    # The variances of 3 u and of v are 9/12 and 1/12.
    assert found.alone.mean(axis=0) == pytest.approx([0.9, 0.1, 0], abs=0.03)
    assert found.r_squared > 0.95


def test_an_interaction_counts_only_with_interactions():
    places = drawn(400, 2)
    found = functional_anova(places, (places[:, 0] - 0.5) * (places[:, 1] - 0.5), [NUMBER] * 2)
    assert (found.alone.mean(axis=0) < 0.15).all()
    assert (found.with_interactions.mean(axis=0) > 0.75).all()


@pytest.mark.parametrize(("is_ordered", "levels"), [(False, [0.0, 3.0, 0.0]), (True, [0.0, 1.5, 3.0])])
def test_levels_have_equal_shares_however_often_each_was_tried(is_ordered, levels):
    codes = np.repeat([0, 1, 2], [50, 10, 40])
    places = np.column_stack([(codes + 0.5) / 3, drawn(100, 1)[:, 0]])
    found = functional_anova(places, np.array(levels)[codes] + places[:, 1], [Factor(3, is_ordered), NUMBER])
    variance = np.var(levels)  # if all levels are equally likely; the variance of the other factor is 1/12
    assert found.alone.mean(axis=0) == pytest.approx([variance, 1 / 12] / (variance + 1 / 12), abs=0.04)


def test_noise_is_not_predicted():
    places = drawn(30)
    assert functional_anova(places, np.random.default_rng(1).normal(size=30), [NUMBER] * 3).r_squared < 0


def test_the_unit_of_the_scores_does_not_matter_and_the_seed_decides():
    places = drawn(20)
    scores = np.sin(9 * places[:, 0])
    one, other = (functional_anova(places, unit, [NUMBER] * 3) for unit in (scores, scores / 2**30))
    assert one.alone == pytest.approx(other.alone, abs=1e-4)
    assert (functional_anova(places, scores, [NUMBER] * 3, seed=1).alone.mean(axis=0) != one.alone.mean(axis=0)).any()


def test_shares_are_those_of_optuna():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    places = drawn(24)
    scores = np.exp(-20 * (places[:, 0] - 0.4) ** 2) + places[:, 0] * places[:, 1]
    study = optuna.create_study()
    space = {name: optuna.distributions.FloatDistribution(0, 1) for name in "abc"}
    for row, score in zip(places, scores, strict=True):
        params = dict(zip("abc", map(float, row), strict=True))
        study.add_trial(optuna.trial.create_trial(params=params, distributions=space, value=float(score)))
    theirs = optuna.importance.FanovaImportanceEvaluator(seed=0).evaluate(study)
    ours = functional_anova(places, scores, [NUMBER] * 3).alone.mean(axis=0)
    assert ours == pytest.approx([theirs[name] for name in "abc"], abs=0.03)
