import pytest

from runner.config.overrides import Override, override_key


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("optimizer=adam", ("", "optimizer", "adam", True)),
        ("++model.width=2", ("++", "model.width", "2", True)),
        ("~schedule", ("~", "schedule", "", False)),
        ("optimizer=", ("", "optimizer", "", True)),
        ("hydra.job.name=a=b", ("", "hydra.job.name", "a=b", True)),
        ("", ("", "", "", False)),
        ("+", ("+", "", "", False)),
    ],
)
def test_an_override_is_taken_apart_at_its_first_equals_sign(text, parts):
    assert Override.parse(text) == parts
    assert override_key(text) == parts[1]


def test_the_section_is_the_first_step_of_the_key():
    assert Override.parse("+optimizer.learning_rate=1").section == "optimizer"


@pytest.mark.parametrize(("text", "items"), [("a=[b, c]", ["b", "c"]), ("a=b", ["b"]), ("a=[]", []), ("~a", [])])
def test_a_list_has_its_items(text, items):
    assert Override.parse(text).items == items
