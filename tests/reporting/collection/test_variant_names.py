import pytest

from runner.core.errors import UserError
from runner.reporting.collection.variant_names import find_variant

GRID = ["optimizer=sgd", "optimizer=sgd,optimizer.learning_rate=0.1", "optimizer=adam", "optimizer=adamw"]
STUDY = ["full", "without regularizer.dropout", "without schedule", "rate 0.1", "rate 0.15", "rate 1"]


@pytest.mark.parametrize(
    ("wished", "found"),
    [
        ("optimizer=adam", "optimizer=adam"),
        ("adam", "optimizer=adam"),
        ("sgd", "optimizer=sgd"),
        ("0.1", "optimizer=sgd,optimizer.learning_rate=0.1"),
        ("learning_rate=0.1", "optimizer=sgd,optimizer.learning_rate=0.1"),
        ("sgd, 0.1", "optimizer=sgd,optimizer.learning_rate=0.1"),
    ],
)
def test_a_part_or_its_value_stands_for_the_label(wished, found):
    assert find_variant("--baseline", wished, GRID) == found


@pytest.mark.parametrize(
    ("wished", "found"),
    [("dropout", "without regularizer.dropout"), ("0.1", "rate 0.1"), ("1", "rate 1"), ("0.15", "rate 0.15")],
)
def test_whole_words_and_whole_numbers_stand_for_the_label(wished, found):
    assert find_variant("--baseline", wished, STUDY) == found


def test_a_label_itself_comes_before_labels_that_contain_it():
    assert find_variant("--baseline", "a", ["x=a", "a", "a,b"]) == "a"


def test_an_ambiguous_form_names_the_variants_that_it_may_stand_for():
    with pytest.raises(UserError, match=r"^--baseline without: matches several variants: without .*; without sch"):
        find_variant("--baseline", "without", STUDY)


@pytest.mark.parametrize("wished", ["ada", "adm", "", " ", "0", "learning_rate"])
def test_a_part_of_a_word_or_number_stands_for_nothing(wished):
    with pytest.raises(UserError, match=rf"^--baseline {wished}: no such variant"):
        find_variant("--baseline", wished, ["optimizer=adam", "optimizer=adamw,rate=0.5"])


def test_a_typing_error_is_answered_with_the_nearest_label():
    with pytest.raises(UserError, match=r"did you mean optimizer=adam\?"):
        find_variant("--confusion", "optimizer=adem", GRID)
