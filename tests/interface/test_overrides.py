import numpy as np
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given
from hypothesis import strategies as st

from runner.core.errors import UserError
from runner.interface.overrides import as_axes, as_overrides

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), inner),
    max_leaves=8,
)
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=0x24F, exclude_characters="$"), min_size=1)


def read(override: str):
    """Return the value that Hydra reads from an override."""
    (parsed,) = OverridesParser.create().parse_overrides([override])
    return parsed.value()


@given(VALUES)
def test_hydra_reads_the_value_that_was_given(value):
    (override,) = as_overrides({"a.key": value})
    assert read(override) == value


@given(TEXTS)
def test_hydra_reads_odd_text_as_it_was_given(text):
    quoted = f"({text})"  # text that looks like a number or null is read as such, as on the command line
    (override,) = as_overrides({"name": quoted})
    assert str(read(override)) == quoted


@pytest.mark.parametrize("text", ["~/data.npz", "PROGRA~1", "a b", "a,b", "x=y", "#", "50%", "it's", "{}", "[", "a:b"])
def test_hydra_reads_text_with_marks_of_its_grammar(text):
    (override,) = as_overrides({"name": text})
    assert read(override) == text


@pytest.mark.parametrize(
    ("axes", "overrides"),
    [
        ({"optimizer": ["sgd", "adam"], "seed": range(3)}, ["optimizer=sgd,adam", "seed=0,1,2"]),
        ({"regularizer": [[], ["l2", "dropout"]]}, ["regularizer=[],[l2,dropout]"]),
        ({"optimizer.learning_rate": np.array([0.1, 0.01])}, ["optimizer.learning_rate=0.1,0.01"]),
        ({"training.epochs": 2, "schedule": "cosine"}, ["training.epochs=2", "schedule=cosine"]),
        (["optimizer=sgd,adam"], ["optimizer=sgd,adam"]),
    ],
)
def test_a_list_of_values_is_an_axis(axes, overrides):
    assert as_axes(axes) == overrides


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("optimizer=sgd", "must be a list of overrides"),
        (3, "must be a list of overrides"),
        (["optimizer=sgd", 3], "3: not an override"),
        (["--multirun"], "'--multirun': not an override"),
        ({"a=b": 1}, "'a=b': not a key"),
        ({3: 1}, "3: not a key"),
        ({"optimizer": object}, "optimizer=<class 'object'>: must be text, a number"),
    ],
)
def test_what_is_no_override_is_refused(given, text):
    with pytest.raises(UserError, match=text):
        as_overrides(given)


def test_an_axis_without_values_is_refused():
    with pytest.raises(UserError, match=r"^seed: has no values to sweep over$"):
        as_axes({"seed": range(0)})
