from itertools import count

from runner.kept import Kept


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
