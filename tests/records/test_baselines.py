import pytest

from runner.records.baselines import baselines

CROSSED = ["sgd,n=1", "sgd,n=2", "adam,n=1", "adam,n=2"]


@pytest.mark.parametrize(
    ("arms", "baseline", "names", "expected"),
    [
        (["a", "b", "c"], None, [], ["a", "a", "a"]),
        (["a", "b", "c"], "b", [], ["b", "b", "b"]),
        (["a", "b", "c"], "gone", [], ["gone"] * 3),  # no other variant replaces it
        (["b", "c"], "a", ["a", "b", "c"], ["a", "a"]),
        ([*CROSSED[1:], "adam,n=3"], None, ["sgd", "adam"], ["sgd,n=2", "sgd,n=1", "sgd,n=2", "sgd,n=3"]),
        (CROSSED, None, [], ["sgd,n=1"] * 4),  # no study, so the names have no meaning
        (CROSSED, None, ["sgd", "adam"], ["sgd,n=1", "sgd,n=2", "sgd,n=1", "sgd,n=2"]),
        (CROSSED, "adam", ["sgd", "adam"], ["adam,n=1", "adam,n=2", "adam,n=1", "adam,n=2"]),
        (CROSSED, "adam,n=2", ["sgd", "adam"], ["adam,n=2"] * 4),  # one cell, chosen by its label
        (["a,b", "a", "a,n=1"], "a", ["a", "a,b"], ["a", "a", "a"]),
    ],
)
def test_a_variant_is_compared_with_the_baseline_of_its_own_cell(arms, baseline, names, expected):
    assert list(baselines(arms, baseline, names).values()) == expected
