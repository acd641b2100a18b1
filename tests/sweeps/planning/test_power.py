import itertools
import re

import numpy as np
import pytest

from runner.records.design import Looks
from runner.reporting.statistics.power import Design, detectable
from runner.reporting.statistics.significance.joint_flips import adjusted
from runner.sweeps.planning.power import Pilot, Planned, idle_looks, power_lines, power_warning
from tests.reporting.statistics.significance.test_joint_flips import sides

UNKNOWN = Pilot("test_accuracy")


def pilot(pairs, spreads, metric="test_accuracy"):
    """Return differences with these standard deviations."""
    own = np.random.default_rng(0).normal(size=pairs)
    own = (own - own.mean()) / own.std(ddof=1)
    return Pilot(metric, {f"v{place}": dict(enumerate(spread * own)) for place, spread in enumerate(spreads)})


def test_a_warning_names_the_number_that_can():
    assert power_warning(Planned(6, 1)) is None
    assert power_warning(Planned(1, 0)) is None
    assert "1 seed cannot reach p < 0.05 over 2 comparisons:" in power_warning(Planned(1, 2))
    assert "gives p = 1 by max-T" in power_warning(Planned(1, 2))
    assert "5 seeds cannot reach p < 0.05 over 1 comparison: a paired test gives p >= 0.0625, whatever" in (
        power_warning(Planned(5, 1))
    )
    assert "equivalence" not in power_warning(Planned(5, 5))


def test_six_seeds_can_over_any_number_of_comparisons_by_max_t_but_not_by_holm():
    assert power_warning(Planned(6, 100)) is None
    assert "gives p >= 0.0781 by Holm" in power_warning(Planned(7, 5, "holm"))
    assert "seeds=8" in power_warning(Planned(7, 5, "holm"))
    fewer = itertools.takewhile(lambda seeds: power_warning(Planned(seeds, 3, "holm")), range(1, 99))
    assert list(fewer)[-1] == 6


def test_with_a_margin_the_warning_says_whether_equivalence_can_be_shown():
    def warning(seeds, comparisons):
        return power_warning(Planned(seeds, comparisons, "holm", has_margin=True))

    assert warning(8, 5) is None
    assert warning(7, 5).endswith("They can show equivalence.")
    assert warning(6, 4).endswith("Nor can they show equivalence.")
    assert warning(5, 1).endswith("Nor can they show equivalence.")  # the report makes no claim


def test_without_earlier_runs_the_plan_speaks_of_standard_deviations():
    (line,) = power_lines(Planned(8, 4), UNKNOWN)
    size = f"{detectable(Design.normal(4), 0, 8):.2g}"
    assert line == (
        f"with 8 seeds over 4 comparisons, differences of at least {size} standard deviations of a paired difference "
        "can be detected with 80% power"
    )


@pytest.mark.parametrize("pairs", [3, 9])
def test_earlier_runs_give_the_size_in_the_unit_of_the_metric(pairs):
    (line,) = power_lines(Planned(10, 1), pilot(pairs, [0.002]))
    size = float(line.split("at least ")[1].split(" percentage points")[0])
    assert size == pytest.approx(0.2 * 1.0, rel=0.15)  # by the t-test: 0.996 standard deviations
    assert f"(std of the paired difference 0.2, from {pairs} earlier seeds)" in line


def test_the_spread_of_some_comparisons_stands_for_the_family():
    (line,) = power_lines(Planned(10, 5), pilot(4, [0.1, 0.3], "test_loss"))
    factor = detectable(Design.normal(5), 0, 10)
    assert f"differences of at least {0.1 * factor:.2g} to {0.3 * factor:.2g} can be detected" in line
    assert "std of the paired difference 0.1 to 0.3, from 4 earlier seeds" in line


def test_a_noisier_data_set_leaves_a_precise_one_its_power_and_each_has_its_own_size():
    datasets = {"v0": "a", "v1": "b", "v2": "b"}
    own = np.random.default_rng(1).normal(size=(3, 6))
    spreads = np.array([[0.1], [2.0], [2.0]])
    known = [dict(enumerate(row)) for row in own / own.std(axis=1, ddof=1, keepdims=True) * spreads]
    earlier = Pilot("test_loss", dict(zip(datasets, known, strict=True)))
    (line,) = power_lines(Planned(10, 3, datasets=datasets), earlier)
    precise, noisy = re.search(r"at least (\S+) on a, (\S+)(?: to \S+)? on b can be detected", line).groups()
    assert float(noisy) > 10 * float(precise)
    # The report's test of simulated studies with this difference on the precise data set, and the same flips.
    noise = np.random.default_rng(2).normal(size=(200, 3, 10)) * spreads
    noise[:, 0] += float(precise)
    families = [[sides(row, dataset=name) for row, name in zip(study, "abb", strict=True)] for study in noise]
    power = np.mean([adjusted(family)[0] < 0.05 for family in families])
    assert power == pytest.approx(0.8, abs=3 * (0.8 * 0.2 / 200 + 0.8 * 0.2 / 400) ** 0.5)


@pytest.mark.parametrize("known", [0, 1])
def test_data_sets_do_not_share_a_baseline_in_the_plan(known):
    """Ten comparisons with one baseline are correlated, so their largest statistic is smaller than on ten data sets."""
    one, many = ({f"v{place}": f"{place * apart}" for place in range(10)} for apart in (0, 1))
    earlier = pilot(3, [1.0] * known, "test_loss")
    sizes = [
        float(next(power_lines(Planned(12, 10, datasets=of), earlier)).split("at least ")[1].split(" ")[0])
        for of in (one, many)
    ]
    assert sizes[0] < sizes[1]


def test_more_comparisons_need_larger_differences_and_holm_the_largest():
    sizes = [
        float(next(power_lines(plan, UNKNOWN)).split("at least ")[1].split(" ")[0])
        for plan in (Planned(8, 1), Planned(8, 5), Planned(8, 5, "holm"))
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[1]


def test_seeds_that_can_show_nothing_have_only_the_warning():
    assert not [*power_lines(Planned(5, 2), UNKNOWN)]
    assert not [*power_lines(Planned(8, 0), UNKNOWN)]


def test_differences_that_do_not_vary_say_nothing():
    assert not [*power_lines(Planned(8, 1), Pilot("test_accuracy", {"b": dict.fromkeys(range(4), 0.1)}))]


def test_looks_whose_p_is_never_below_what_may_be_spent_are_named():
    looks = Looks([4, 6, 8, 12], "obrien_fleming")
    # 2 / 2^n is 0.125, 0.031, 0.0078; spent: below 0.004, 0.005, 0.012
    assert idle_looks(Planned(12, 3, looks=looks)) == [4, 6]
    *_, line = power_lines(Planned(12, 3, looks=looks), UNKNOWN)
    assert line.startswith("the looks at 4 and 6 seeds cannot detect any difference")
    assert idle_looks(Planned(12, 3, "holm", looks=looks)) == [4, 6, 8]
    assert not idle_looks(Planned(12, 3))
