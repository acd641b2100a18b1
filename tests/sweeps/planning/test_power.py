import itertools

from runner.sweeps.planning.power import power_warning


def test_a_warning_names_the_number_that_can():
    assert power_warning(6, 1) is None
    assert power_warning(1, 0) is None
    assert "1 seed cannot reach p < 0.05 over 2 comparisons:" in power_warning(1, 2)
    assert "gives p = 1 after Holm" in power_warning(1, 2)
    assert "5 seeds cannot reach p < 0.05 over 1 comparison:" in power_warning(5, 1)
    assert "seeds=8" in power_warning(7, 5)
    assert "equivalence" not in power_warning(7, 5)
    assert list(itertools.takewhile(lambda n: power_warning(n, 3), range(1, 99)))[-1] == 6


def test_with_a_margin_the_warning_says_whether_equivalence_can_be_shown():
    assert power_warning(8, 5, has_margin=True) is None
    assert power_warning(7, 5, has_margin=True).endswith("They can show equivalence.")
    assert power_warning(6, 4, has_margin=True).endswith("Nor can they show equivalence.")
    assert power_warning(5, 1, has_margin=True).endswith("Nor can they show equivalence.")  # the report claims nothing
