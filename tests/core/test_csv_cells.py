import pytest

from runner.core.csv_cells import as_meant, inert


@pytest.mark.parametrize(
    "text", ["=1+1", "'=1+1", "''-x", "'-0.5", "+sum", "@sum", "\t=1", "\r=1", "=cmd|' /C calc'!A0"]
)
def test_a_formula_is_put_behind_an_apostrophe_and_comes_back(text):
    assert inert(text) == f"'{text}"
    assert as_meant(inert(text)) == text


@pytest.mark.parametrize("value", ["sgd", "a=b", "", "-0.5", "+1e-3", "-inf", -0.5, None, True])
def test_what_is_no_formula_stays_as_it_is(value):
    assert inert(value) is value


@pytest.mark.parametrize("text", ["sgd", "", "'", "'quoted'", "-0.5"])
def test_text_that_was_not_guarded_is_read_as_it_stands(text):
    assert as_meant(text) == text
