import numpy as np
import pytest

from runner.core.errors import UserError
from runner.core.omissions import LeftOut
from runner.reporting.collection.collect import find_runs
from runner.reporting.collection.filters import Columns, Condition, matching, parse_conditions
from runner.reporting.collection.labels import Values


@pytest.fixture
def kept(make_run, tmp_path):
    """kept("epochs < 3") -> the names of the matching directories among a few made-up runs."""
    make_run("s/a", ["optimizer=sgd", "optimizer.learning_rate=0.10"], choices={"optimizer": "sgd"}, run_id="1e3")
    adam = make_run(
        "s/b", ["training.epochs=2"], seed=1, accuracies=[0.9], choices={"optimizer": "adam"}, run_id="1000"
    )
    (adam / "config.yaml").write_text(
        "optimizer: {learning_rate: 0.001, nesterov: true, clipnorm: null}\nmodel: {hidden_units: [8, 4]}\n"
    )
    make_run("s/c", ["optimizer=lion"], seed=2, status="failed", choices={"optimizer": "lion"})

    def names(*asked):
        runs = find_runs([tmp_path / "s"])
        parsed = ([one] if isinstance(one, Condition) else parse_conditions(one) for one in asked)
        conditions = [condition for several in parsed for condition in several]
        found = matching(conditions, Columns(runs, Values(LeftOut())), len(runs))
        return "".join(run.directory.path.name for run, is_kept in zip(runs, found, strict=True) if is_kept)

    return names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("optimizer = adam", "b"),
        ("optimizer!=adam", "ac"),
        ("optimizer='adam' and seed==1", "b"),
        ('"optimizer" = "adam" AND seed = 0', ""),
        ("optimizer.learning_rate = 0.1", "a"),
        ("optimizer.learning_rate<1e-2", "b"),
        ("test_accuracy >= 0.75", "ab"),
        ("test_accuracy = none", "c"),
        ("test_accuracy < 2", "ab"),
        ("test_accuracy != 0.9", "ac"),
        ("optimizer.nesterov = True", "b"),
        ("optimizer.clipnorm = null", "abc"),
        ("model.hidden_units = [8,4]", "b"),
        ("status = failed", "c"),
        ("run_id = 1000", "b"),
        ("started > 2025-12-31", "abc"),
        ("started < 2026-01-01", ""),
        ("variant = optimizer=lion", "c"),
        ("training.epochs = 2", "b"),
    ],
)
def test_runs_are_kept_by_facts_metrics_and_settings(kept, text, expected):
    assert kept(text) == expected


def test_a_directory_is_compared_as_text(kept, tmp_path):
    assert kept(f"directory = '{tmp_path}/s/c'") == "c"


def test_every_condition_of_several_must_hold(kept):
    assert kept("seed >= 1", "status = completed") == "b"


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("optimizer", ["adam", "lion"], "bc"),
        ("seed", range(1, 3), "bc"),
        ("optimizer.learning_rate", 0.1, "a"),
        ("optimizer.nesterov", True, "b"),
        ("test_accuracy", None, "c"),
        ("test_accuracy", float("nan"), "c"),
        ("seed", [], ""),
        ("seed", np.int64(1), "b"),
        ("seed", np.array(1), "b"),
        ("seed", np.array([0, 1]), "ab"),
    ],
)
def test_a_value_or_any_of_a_list_may_be_an_object(kept, column, value, expected):
    assert kept(Condition.equal(column, value)) == expected


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", ""),
        ("seed", ""),
        ("seed <", ""),
        ("< 5", ""),
        ("seed =< 5", ""),
        ("seed = 1 or seed = 2", " at or seed = 2"),
        ("seed = 1 and", " at and"),
        ("seed = 1 seed = 2", " at seed = 2"),
        ("seed = 'a", ""),
        ("variant = two words", " at words"),
        ("__import__('os').system('true')", ""),
    ],
)
def test_anything_but_comparisons_is_refused_at_its_place(text, at):
    with pytest.raises(UserError, match="not understood") as refused:
        parse_conditions(text)
    assert f"not understood{at}; write COLUMN OPERATOR VALUE" in str(refused.value)


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("test_acuracy", "test_accuracy"),
        ("optimizr", "optimizer"),
        ("optimizer.nesterow", "optimizer.nesterov"),
        ("directry", "directory"),
    ],
)
def test_an_unknown_column_is_answered_with_the_nearest(kept, wrong, near):
    with pytest.raises(UserError, match=rf"^{wrong}: no run has such a column or key; did you mean {near}\?"):
        kept(f"{wrong} = 1")


def test_no_configuration_is_read_for_what_the_records_hold(kept, monkeypatch):
    monkeypatch.setattr(Values, "_config", lambda *_: pytest.fail("a configuration was read"))
    assert kept("optimizer = sgd and status = completed and epochs > 0") == "a"
