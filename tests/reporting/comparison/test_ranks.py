import math

import pandas as pd
import pytest
from scipy import stats

from runner.reporting.comparison.ranks import LAST_RANK_COLUMNS, RANK_COLUMNS, average_ranks, scores_by_dataset
from runner.reporting.comparison.tasks import compare_over_datasets
from runner.reporting.sentences.rank_tests import rank_tests

# Demsar 2006, "Statistical Comparisons of Classifiers over Multiple Data Sets", table 6: AUC of four forms of C4.5.
DEMSAR = pd.DataFrame(
    {
        "C4.5": [0.763, 0.599, 0.954, 0.628, 0.882, 0.936, 0.661, 0.583, 0.775, 1.000, 0.940, 0.619, 0.972, 0.957],
        "C4.5+m": [0.768, 0.591, 0.971, 0.661, 0.888, 0.931, 0.668, 0.583, 0.838, 1.000, 0.962, 0.666, 0.981, 0.978],
        "C4.5+cf": [0.771, 0.590, 0.968, 0.654, 0.886, 0.916, 0.609, 0.563, 0.866, 1.000, 0.965, 0.614, 0.9751, 0.946],
        "C4.5+m+cf": [0.798, 0.569, 0.967, 0.657, 0.898, 0.931, 0.685, 0.625, 0.875, 1.000, 0.962, 0.669, 0.975, 0.970],
    }
)


def test_ranks_are_those_that_demsar_published():
    """Average ranks 3.143, 2.000, 2.893 and 1.964; Friedman's chi-squared 9.28 on 3 degrees of freedom (page 14).

    SciPy corrects for ties, unlike Demsar, so its p is smaller than his.
    """
    ranks = average_ranks(DEMSAR, "test_accuracy")
    assert ranks.average["C4.5"] == pytest.approx(3.143, abs=0.001)
    assert ranks.average["C4.5+m"] == pytest.approx(2.000, abs=0.001)
    assert ranks.average["C4.5+cf"] == pytest.approx(2.893, abs=0.001)
    assert ranks.average["C4.5+m+cf"] == pytest.approx(1.964, abs=0.001)
    assert ranks.datasets == 14
    chi_squared = 12 * 14 / (4 * 5) * ((ranks.average**2).sum() - 4 * 5**2 / 4)
    assert chi_squared == pytest.approx(9.28, abs=0.01)
    assert 0.01 < ranks.friedman_p < stats.chi2.sf(chi_squared, 3)
    assert ranks.iman_davenport_f == pytest.approx(4.185, abs=0.001)  # 3.69 without the correction for ties
    assert ranks.iman_davenport_p == pytest.approx(stats.f.sf(ranks.iman_davenport_f, 3, 39))
    assert ranks.pairs.loc["C4.5", "C4.5+m+cf"] > 0.05  # 1.18 apart, and the critical difference is 1.25


def test_a_lower_loss_has_the_better_rank():
    assert average_ranks(-DEMSAR, "test_loss").average["C4.5+m+cf"] == pytest.approx(1.964, abs=0.001)


@pytest.mark.parametrize("part", [DEMSAR.head(2), DEMSAR[["C4.5", "C4.5+m"]]])
def test_below_three_data_sets_or_variants_there_are_no_ranks(part):
    assert average_ranks(part, "test_accuracy") is None


def test_last_columns_are_the_tests_of_all_variants_and_against_the_baseline():
    runs = DEMSAR.rename_axis("dataset").reset_index().melt("dataset", var_name="arm", value_name="test_accuracy")
    runs = runs.assign(status="completed")
    tasks = compare_over_datasets(runs, [*DEMSAR.index], "test_accuracy", dict.fromkeys(DEMSAR, "C4.5"))
    ranks = average_ranks(DEMSAR, "test_accuracy", tasks.frame)
    frame = ranks.frame().set_index("variant")
    nemenyi = [f"nemenyi_p {variant}" for variant in ranks.average.index]
    assert list(frame) == [*RANK_COLUMNS[1:], *nemenyi, *LAST_RANK_COLUMNS]
    assert frame.loc["C4.5+m", "wilcoxon_p"] == 0.00732421875  # as in SciPy's exact permutation test
    assert frame.loc["C4.5+m", "wilcoxon_holm"] == 3 * 0.00732421875
    assert frame.loc["C4.5+m+cf", "wilcoxon_holm"] == 2 * 0.012451171875
    assert frame.loc["C4.5", ["baseline", "wilcoxon_p"]].tolist() == ["", pytest.approx(math.nan, nan_ok=True)]
    _, of_all, against = rank_tests(ranks)
    assert of_all == "Iman and Davenport: F(3, 39) = 4.19, p = 0.012."
    assert against.endswith("after Holm's correction, different from C4.5: C4.5+m (better), C4.5+m+cf (better).")


def table(*rows):
    return pd.DataFrame(rows, columns=["arm", "dataset", "status", "test_accuracy"])


def test_scores_are_in_the_order_of_the_means_of_each_data_set():
    summary = table(
        ("b", "d1", "completed", 0.5), ("b", "d1", "completed", 0.7), ("a", "d1", "completed", 0.4),
        ("b", "d2", "failed", 0.1), ("a", "d2", "completed", 0.3),
    )  # fmt: skip
    scores = scores_by_dataset(summary, "test_accuracy")
    assert list(scores) == ["b", "a"]
    assert scores.loc["d1", "b"] > scores.loc["d1", "a"]
    assert scores.loc["d2"].isna().tolist() == [True, False]


def test_a_variant_that_diverged_on_a_whole_data_set_is_last_there():
    """Without this data set, the variant would lead on all others."""
    rows = [(arm, f"d{data}", "completed", value) for data in range(4) for arm, value in
            {"a": 0.9, "b": 0.8, "c": 0.7}.items()]  # fmt: skip
    lost = [("a", "d4", "diverged", None), ("b", "d4", "completed", 0.5), ("c", "d4", "completed", 0.4)]
    ranks = average_ranks(scores_by_dataset(table(*rows, *lost), "test_accuracy"), "test_accuracy")
    assert ranks.datasets == 5
    assert ranks.average.to_dict() == pytest.approx({"a": (4 * 1 + 3) / 5, "b": (4 * 2 + 1) / 5, "c": (4 * 3 + 2) / 5})
    expected = stats.friedmanchisquare([1, 1, 1, 1, 3], [2, 2, 2, 2, 1], [3, 3, 3, 3, 2])
    assert ranks.friedman_p == pytest.approx(expected.pvalue)


def test_ranks_are_the_same_after_adding_and_subtracting_a_constant():
    means = DEMSAR.round(2)  # with ties
    moved = average_ranks(means + 0.1 - 0.1, "test_accuracy")
    assert moved.average.to_dict() == average_ranks(means, "test_accuracy").average.to_dict()
