import numpy as np
import pytest
from scipy import stats

from runner.reporting.statistics.summary import summarize


@pytest.mark.parametrize("count", [*range(1, 14), 101])
def test_the_interquartile_mean_has_the_same_bits_as_scipys_trimmed_mean(count):
    values = np.random.default_rng(count).standard_normal(count)
    assert summarize(list(values)).iqm == stats.trim_mean(values, 0.25)
