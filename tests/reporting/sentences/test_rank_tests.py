import pandas as pd

from runner.reporting.comparison.ranks import average_ranks
from runner.reporting.sentences.rank_tests import rank_tests
from tests.reporting.comparison.test_ranks import DEMSAR


def test_friedmans_p_comes_first():
    ranks = average_ranks(DEMSAR, "test_accuracy")
    assert next(rank_tests(ranks)) == f"Friedman's test over all variants: p = {ranks.friedman_p:.3f}."


def test_the_sentences_say_that_nothing_differs_and_that_a_test_is_approximate():
    turned = pd.DataFrame({"a": [1, 2, 3.0], "b": [2, 3, 1.0], "c": [3, 1, 2.0]})
    friedman, iman = rank_tests(average_ranks(turned, "test_accuracy"))
    assert friedman.endswith("p = 1.000, no significant difference.")
    assert iman.endswith("(approximate: too liberal below 6 data sets).")
