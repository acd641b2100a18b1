"""A reduced version of `make calibration-folds`: with overlapping training sets, the corrected test keeps its level."""

import pytest

from tests.benchmarks.calibration_folds import Studies, covers, nearest_centroid, significant

STUDIES = 200


@pytest.fixture(scope="module")
def alike():
    """Two equally good classifiers on 3 x 5 folds."""
    return Studies.of(nearest_centroid, 5, 3, STUDIES)


def test_the_corrected_test_claims_few_differences_that_do_not_exist_where_the_uncorrected_one_claims_many(alike):
    found = alike.compared()
    assert alike.uncorrected().mean() > 0.15
    assert significant(found).mean() < 0.1
    assert covers(found, 0).mean() > 0.9


def test_a_difference_is_found():
    apart = Studies.of(nearest_centroid, 5, 1, 60, shift=0.0)
    assert significant(apart.compared()).mean() > 0.5
