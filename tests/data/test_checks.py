import numpy as np
import pytest

from runner.data.checks import as_float32, lost_feature

GENERATOR = np.random.default_rng(3)


@pytest.mark.parametrize(
    ("feature", "is_lost"),
    [
        (1.7e9 + 60.0 * np.arange(400), True),
        (np.arange(400, dtype=np.int64) + 2**40, True),
        (GENERATOR.normal(1e6, 1e-2, 400), True),
        (GENERATOR.normal(1e4, 5, 400), False),
        (GENERATOR.normal(0, 1e-30, 400), False),
        (np.full(400, 0.1), False),
        (np.arange(400, dtype=np.int64), False),
        (np.where(np.arange(400) == 3, 1e9, GENERATOR.normal(size=400)), False),
    ],
    ids=["minutes", "keys", "far from 0", "near enough", "tiny", "constant", "whole", "one outlier"],
)
def test_a_feature_is_lost_where_rounding_is_a_thousandth_of_its_spread(feature, is_lost):
    inputs = np.stack([np.zeros(400, feature.dtype), feature], axis=1)
    assert lost_feature(inputs) == (1 if is_lost else None)


def test_float32_itself_and_bytes_lose_nothing():
    assert lost_feature(np.full((3, 2), 2**24, np.float32)) is None
    assert lost_feature(np.arange(6, dtype=np.uint8).reshape(3, 2)) is None


def test_what_would_be_lost_is_refused_with_the_remedy():
    with pytest.raises(ValueError, match=r"^feature 1 .*preprocessing=standardize"):
        as_float32(np.stack([np.arange(9.0), 1e12 + np.arange(9.0)], axis=1))
