import math

import pytest

from runner.reporting.statistics.significance.holm import combined, holm


def test_holm_is_that_of_r():
    # p.adjust(c(0.01, 0.02, 0.03, 0.04), "holm"): 0.04 0.06 0.06 0.06
    assert holm([0.01, 0.02, 0.03, 0.04]) == pytest.approx([0.04, 0.06, 0.06, 0.06])
    adjusted = holm([0.04, math.nan, 0.01])
    assert adjusted[0] == pytest.approx(0.04)
    assert math.isnan(adjusted[1])
    assert holm([]) == []


def test_one_group_keeps_its_p_values_and_single_comparisons_give_holm():
    assert combined([[0.04, 0.01, 0.3]]) == [[0.04, 0.01, 0.3]]
    assert combined([[0.04], [0.01], [0.3]]) == [[0.08], [0.03], [0.3]]


def test_a_p_value_counts_for_the_groups_that_have_comparisons_left():
    # 0.01 and then 0.02 count for two groups; the second group is then tested, so 0.03 counts once
    assert combined([[0.01, 0.03], [0.02]]) == [[0.02, 0.04], [0.04]]
    assert combined([[0.01, math.nan], [math.nan]])[0][0] == 0.01
