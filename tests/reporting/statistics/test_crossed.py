import math

import numpy as np
import pytest
from scipy import stats

from runner.reporting.statistics.crossed import Crossed, Sample
from tests.benchmarks.calibration_images import IMAGES, NOISES, measure

BY_NAME = {noise.name: noise for noise in NOISES}


def crossed(differences):
    sample = Sample.of(differences.mean(axis=1).tolist(), differences, is_mean=True)
    return Crossed.paired(sample, differences.shape[1])


@pytest.fixture(scope="module")
def both():
    return BY_NAME["both"].study(8, 40, np.random.default_rng(0))


def test_the_variance_is_that_of_an_independent_analysis_of_variance(both):
    """statsmodels fits the additive model of seeds and images, and computes its mean squares."""
    import pandas as pd
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    seeds, images = np.indices(both.shape)
    frame = pd.DataFrame({"seed": seeds.ravel(), "image": images.ravel(), "difference": both.ravel()})
    table = anova_lm(ols("difference ~ C(seed) + C(image)", frame).fit())
    of_seeds, of_images, residual = table["sum_sq"] / table["df"]
    found = crossed(both)
    assert found.variance == pytest.approx((of_seeds + of_images - residual) / both.size)
    assert found.test_set_share == pytest.approx((of_images - residual) / (of_seeds + of_images - residual))


def test_resamples_of_the_images_give_the_variance_of_the_means_by_image(both):
    generator = np.random.default_rng(1)
    weights = generator.multinomial(40, np.full(40, 1 / 40), 20_000) / 40
    sample = Sample.of(both.mean(axis=1).tolist(), (weights @ own for own in both), is_mean=False)
    by_image = crossed(both)
    found = Crossed.paired(sample, 40)
    scale = 40 / 39  # a bootstrap's variance divides by n, not by n - 1
    assert found.from_examples * scale == pytest.approx(by_image.from_examples, rel=0.05)
    assert found.residual * scale == pytest.approx(by_image.residual, rel=0.05)


def test_equal_seeds_leave_the_interval_over_images():
    own = np.random.default_rng(2).normal(size=30)
    found = crossed(np.tile(own, (5, 1)))
    assert found.reach == pytest.approx(stats.t.ppf(0.975, 29) * stats.sem(own))
    assert found.test_set_share == pytest.approx(1)


def test_equal_images_leave_the_interval_over_seeds():
    means = np.random.default_rng(3).normal(size=5)
    found = crossed(np.tile(means[:, None], (1, 30)))
    assert found.reach == pytest.approx(stats.t.ppf(0.975, 4) * stats.sem(means))
    assert found.test_set_share == pytest.approx(0)


def test_without_any_variation_there_is_no_interval():
    found = crossed(np.full((5, 30), 0.25))
    assert math.isnan(found.reach)
    assert math.isnan(found.test_set_share)


@pytest.mark.parametrize("noise", NOISES, ids=lambda noise: noise.name)
@pytest.mark.parametrize("seeds", [2, 3, 8])
def test_the_interval_is_never_narrower_than_one_over_seeds_or_images_alone(noise, seeds):
    for draw in range(20):
        differences = noise.study(seeds, 40, np.random.default_rng(draw))
        found = crossed(differences)
        for means in (differences.mean(axis=1), differences.mean(axis=0)):
            alone = stats.t.ppf(0.975, len(means) - 1) * stats.sem(means)
            assert found.reach >= alone * (1 - 1e-12)
        assert 0 <= found.test_set_share <= 1


def test_unpaired_variants_have_the_variance_of_their_difference():
    """On average over many studies, to within 5% of the known truth."""
    generator = np.random.default_rng(4)
    seeds, images, found, means = (4, 6), 30, [], []
    for _ in range(2_000):
        easy = generator.normal(0, 1, images)  # the same for both variants, so it adds no error to their difference
        own = [
            easy
            + generator.normal(0, 0.3, (n, 1))
            + generator.normal(0, 1, images)
            + generator.normal(0, 1, (n, images))
            for n in seeds
        ]
        one, other = (Sample.of(side.mean(axis=1).tolist(), side, is_mean=True) for side in own)
        crossing = Crossed.unpaired(one, other, images, is_mean=True)
        found.append(crossing.from_seeds + crossing.from_examples - crossing.residual)
        means.append(one.mean - other.mean)
    truth = sum(0.09 / n + 1 / images + 1 / (n * images) for n in seeds)
    assert np.mean(found) == pytest.approx(truth, rel=0.05)
    assert np.var(means) == pytest.approx(truth, rel=0.1)


def test_unpaired_seeds_have_welchs_degrees_of_freedom():
    generator = np.random.default_rng(5)
    own = [np.tile(generator.normal(0, scale, (n, 1)), (1, 10)) for n, scale in ((4, 1), (7, 3))]
    one, other = (Sample.of(side.mean(axis=1).tolist(), side, is_mean=True) for side in own)
    interval = stats.ttest_ind(own[0][:, 0], own[1][:, 0], equal_var=False).confidence_interval()
    assert Crossed.unpaired(one, other, 10, is_mean=True).reach == pytest.approx((interval.high - interval.low) / 2)


@pytest.mark.parametrize("name", ["both", "images only"])
def test_intervals_for_new_images_cover_the_truth_and_those_over_seeds_do_not(name):
    """A reduced version of `make calibration-images`: 95% plus or minus three Monte-Carlo errors, over 500 studies."""
    found = measure(BY_NAME[name], 10, 500, 50, images=IMAGES // 2)
    share = {method: own.hits / own.studies for method, own in found.items()}
    assert share["new images"] == pytest.approx(0.95, abs=3 * math.sqrt(0.95 * 0.05 / 500))
    assert share["seeds"] < 0.9  # an interval for these images does not cover the true difference on others


def test_a_naive_bootstrap_counts_the_residual_more_than_once():
    found = measure(BY_NAME["residual only"], 10, 100, 100, images=IMAGES // 2)
    assert found["bootstrap"].width > 1.2 * found["new images"].width
