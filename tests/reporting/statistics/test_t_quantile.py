import numpy as np
from scipy import stats

from runner.reporting.statistics.t_quantile import t_quantile


def test_the_quantile_has_the_same_bits_as_that_of_scipys_distribution():
    freedom = np.concatenate([np.arange(1, 200), np.random.default_rng(0).uniform(0.5, 60, 500)])
    assert (t_quantile(freedom) == stats.t.ppf(0.975, freedom)).all()
    assert t_quantile(9) == stats.t.ppf(0.975, 9)


def test_without_freedom_there_is_no_quantile():
    assert np.isnan(t_quantile(0))
