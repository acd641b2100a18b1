import numpy as np
import pytest
from scipy import stats

from runner.reporting.scores import expected_calibration_error, reliability_bins, scores
from runner.reporting.statistics import resampling as module
from runner.reporting.statistics.resampling import RESAMPLED, RESAMPLES, Resampling

EXAMPLES, CLASSES = 120, 4


@pytest.fixture(scope="module")
def resampling():
    return Resampling(EXAMPLES)


@pytest.fixture(scope="module")
def predicted():
    generator = np.random.default_rng(0)
    labels = generator.integers(0, CLASSES, EXAMPLES)
    logits = generator.normal(size=(EXAMPLES, CLASSES))
    logits[np.arange(EXAMPLES), labels] += 1.5
    odds = np.exp(logits)
    return (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32), labels


@pytest.fixture(scope="module")
def occurrences(resampling):
    """Return the number of times that each example occurs in each resample."""
    return resampling.sums(np.arange(EXAMPLES), np.ones(EXAMPLES), EXAMPLES).astype(int)


def test_a_resample_has_as_many_examples_as_the_test_set(occurrences):
    assert occurrences.shape == (EXAMPLES, RESAMPLES)
    assert set(occurrences.sum(axis=0)) == {EXAMPLES}
    assert occurrences.mean(axis=1) == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("metric", RESAMPLED)
def test_a_resampled_score_is_the_score_of_the_resampled_predictions(resampling, predicted, occurrences, metric):
    probabilities, labels = predicted
    found = resampling.values(metric, probabilities, labels)
    for draw in (0, 7, RESAMPLES - 1):
        chosen = np.repeat(np.arange(EXAMPLES), occurrences[:, draw])
        expected = scores(probabilities[chosen], labels[chosen])[metric.removeprefix("test_")]
        assert found[draw] == pytest.approx(expected, abs=1e-6)


def test_the_spread_of_a_score_is_that_of_scipys_bootstrap(resampling, predicted):
    probabilities, labels = predicted

    def score(chosen):
        return expected_calibration_error(reliability_bins(probabilities[chosen], labels[chosen]))

    expected = stats.bootstrap(
        (np.arange(EXAMPLES),), score, vectorized=False, n_resamples=RESAMPLES, method="percentile", rng=1
    )
    found = resampling.values("test_expected_calibration_error", probabilities, labels)
    assert found.std(ddof=1) == pytest.approx(expected.standard_error, rel=0.1)


@pytest.mark.parametrize("metric", RESAMPLED)
def test_resamples_too_large_to_keep_are_drawn_again_and_are_the_same(resampling, predicted, metric, monkeypatch):
    monkeypatch.setattr(module, "_KEPT", 0)
    assert Resampling(EXAMPLES).values(metric, *predicted).tolist() == resampling.values(metric, *predicted).tolist()


def test_a_class_that_no_one_has_or_predicts_scores_0(resampling):
    only = np.zeros(EXAMPLES, int)
    found = resampling.values("test_macro_f1", np.tile([0.9, 0.1], (EXAMPLES, 1)), only)
    assert set(found) == {0.5}
