import gc
import weakref
from itertools import count

import pytest

from runner.run.cache import Kept


@pytest.fixture(autouse=True)
def _collection_is_quick():
    """In a process with TensorFlow, collecting all existing objects takes seconds."""
    gc.freeze()
    yield
    gc.unfreeze()


def test_a_value_is_made_once_for_an_equal_key_and_anew_for_another():
    kept, numbers = Kept(), count()
    made = [
        kept.get("data", key, lambda: next(numbers))
        for key in ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 2}, {"a": 1, "b": 2})
    ]
    assert made == [0, 0, 1, 2]


def test_purposes_do_not_disturb_each_other():
    kept = Kept()
    assert [
        kept.get("one", 1, lambda: "a"),
        kept.get("other", 2, lambda: "b"),
        kept.get("one", 1, lambda: "c"),
    ] == list("aba")


@pytest.mark.parametrize(
    "again", [lambda kept, make: kept.get("one", 2, make), lambda kept, make: kept.make_alone("one", make)]
)
def test_a_value_is_gone_before_the_next_is_made(again):
    """This includes values with reference cycles, such as compiled models."""

    class Circle:
        def __init__(self):
            self.itself = self

    kept, first = Kept(), []
    first.append(weakref.ref(kept.get("one", 1, Circle)))
    assert again(kept, lambda: first[0]()) is None
    first[0] = weakref.ref(kept.make_alone("one", Circle))
    assert kept.make_alone("one", lambda: first[0]()) is None
