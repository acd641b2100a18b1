"""Bit-identity, environments and output of a comparison of sides."""

import io
import json

import numpy as np
import pandas as pd
import pytest

from runner.core.terminal import Terminal
from runner.reproducibility.sides import Asked, compare_sides
from tests.reporting.conftest import run_maker

BEFORE = [0.95, 0.952, 0.948, 0.951, 0.953, 0.949, 0.947, 0.95]
LABELS = np.array([0, 1, 1], dtype=np.int32)
PROBABILITIES = np.array([[0.75, 0.25], [0.5, 0.5], [0.25, 0.75]], dtype=np.float32)


def predictions(test=PROBABILITIES):
    validation = {"validation_probabilities": PROBABILITIES, "validation_labels": LABELS}
    return {"test_probabilities": test, "test_labels": LABELS} | validation


@pytest.fixture
def make_side(tmp_path, monkeypatch):
    """make_side("a", values, variant="sgd") -> a directory with one run for each value, seeds from 0."""
    monkeypatch.setenv("COLUMNS", "80")
    make_run = run_maker(tmp_path)

    def make(name, values=BEFORE, variant="sgd", **others):
        for seed, value in enumerate(values):
            make_run(f"{name}/{variant}{seed}", label=variant, seed=seed, accuracies=[0.5, value], **others)
        return tmp_path / name

    return make


def compared(*directories, **asked):
    return compare_sides(directories, Asked(**asked))


def shown(found, form="table"):
    stream = io.StringIO()
    found.show(Terminal(file=stream), form)
    return stream.getvalue()


def test_runs_with_the_same_numbers_and_predictions_are_bit_identical(make_side):
    found = compared(*(make_side(name, BEFORE[:2], predictions=predictions()) for name in "ab"))
    assert list(found.frame["bit_identical"]) == [True]
    assert found.conclusion.startswith("Identical: all 2 pairs of runs are bit-identical in every epoch, metric and ")
    assert not found.is_worse


def test_the_last_bit_of_one_prediction_makes_runs_different(make_side):
    other = PROBABILITIES.copy()
    other[0, 0] = np.nextafter(other[0, 0], np.float32(1))
    found = {"a": PROBABILITIES, "b": other}
    sides = [make_side(name, BEFORE[:2], predictions=predictions(test)) for name, test in found.items()]
    found = compared(*sides)
    assert list(found.frame["bit_identical"]) == [False]
    assert list(found.frame["verdict"]) == ["identical"]
    assert "the same test accuracy on every seed, but not bit-identical runs: sgd." in found.notes


def test_an_epoch_that_differs_makes_runs_different(make_side):
    sides = make_side("a", [0.9]), make_side("b", [0.9])
    history = sides[1] / "sgd0" / "history.csv"
    history.write_text(history.read_text().replace("0.5", "0.500000001", 1))
    assert not compared(*sides).frame["bit_identical"].any()


def test_a_metric_that_only_one_side_recorded_does_not_make_runs_different(make_side):
    sides = make_side("a", [0.9]), make_side("b", [0.9], scores={"macro_f1": 0.5}, predictions=predictions())
    assert compared(*sides).frame["bit_identical"].all()


def test_the_same_bits_without_the_chosen_metric_are_not_called_identical(make_side):
    sides = make_side("a", [0.9, 0.8], scores={"macro_f1": 0.5}), make_side("b", [0.9, 0.8], scores={"macro_f1": 0.5})
    record = sides[1] / "sgd1" / "record.json"
    record.write_text(record.read_text().replace('{"macro_f1": 0.5}', "{}"))
    found = compared(*sides, metric="test_macro_f1")
    assert found.conclusion.startswith("Not decided. The test macro F1: undecided with 1 seed (sgd)")
    assert "bit-identical in every pair of runs: sgd." in found.notes


def test_a_variant_without_a_result_is_not_among_the_identical_ones(make_side):
    sides = [make_side(name, [0.9, 0.8]) for name in "ab"]
    make_side("a", [0.7], "adam")
    make_side("b", [0.7], "adam", status="failed")
    found = compared(*sides)
    assert list(found.frame["variant"]) == ["sgd"]
    assert found.conclusion == (
        "Nothing is shown to be worse, but not every comparison can be decided. The test accuracy: identical on every "
        "seed (sgd); without a result on both sides (adam)."
    )
    assert "adam: of B's 1 run, 1 failed; the comparison omits runs without a result." in found.notes


def test_runs_that_failed_on_both_sides_are_not_identical(make_side):
    sides = [make_side(name, BEFORE[:2]) for name in "ab"]
    for side in sides:
        record = side / "sgd1" / "record.json"
        record.write_text(record.read_text().replace('"completed"', '"failed"'))
    found = compared(*sides)
    assert list(found.frame["verdict"]) == ["cannot be decided"]
    assert not found.frame["bit_identical"].any()


def test_versions_that_differ_are_shown_once_with_both_values(make_side):
    sides = (make_side(name, versions={"keras": version}) for name, version in (("a", "3.8"), ("b", "3.9")))
    found = compared(*sides)
    assert found.environments == [[("version keras", "3.8", "3.9")]]
    lines = shown(found).splitlines()
    assert sum("version keras" in line and "3.8" in line and "3.9" in line for line in lines) == 1


def test_the_tables_of_three_sides_fit_80_columns(make_side):
    sides = []
    for name, loss in (("a", 0), ("b", 0.01), ("c", 0.001)):
        facts = {"code": {"commit": name * 40, "dirty": False}, "started": "2026-03-01T00:00:00+00:00"}
        for variant in ("sgd", "a variant with a long name, momentum=0.9"):
            values = [value - loss * (1 + seed % 3) for seed, value in enumerate(BEFORE)]
            sides.append(make_side(name, values, variant, **facts))
    found = compared(*dict.fromkeys(sides), margin=0.1)
    lines = shown(found).splitlines()
    tables = [place for place, line in enumerate(lines) if line.startswith("variant")]
    rows = [line for place in tables for line in lines[place : place + 6]]
    assert len(tables) == 2
    assert max(map(len, rows)) <= 80
    assert not [line for line in rows if "…" in line]
    assert found.conclusion.startswith("Worse. ")
    assert "worse beyond the margin (a variant with a long name, momentum=0.9 (B), sgd (B))" in found.conclusion
    assert shown(found).startswith(f"A (reference): {sides[0]} (16 runs, commit aaaaaaaaaaaa, 2026-03-01)\n")
    assert "margin: 0.1 percentage points" in shown(found)


def test_another_metric_than_the_primary_one_is_called_secondary(make_side):
    sides = make_side("a"), make_side("b")
    assert "(secondary; the primary metric is test accuracy)" in shown(compared(*sides, metric="val_accuracy"))
    assert "secondary" not in shown(compared(*sides, metric="test_accuracy"))


def test_json_holds_the_comparison_without_nan(make_side):
    found = compared(make_side("a", [0.9]), make_side("b", [0.8]))
    document = json.loads(shown(found, "json"), parse_constant=pytest.fail)
    (row,) = document["comparisons"]
    assert (row["difference"], row["p_holm"], row["n"]) == (pytest.approx(-0.1), None, 1)
    assert (document["metric"], document["worse"]) == ("test_accuracy", False)
    assert [side["runs"] for side in document["sides"]] == [1, 1]
    assert document["conclusion"] == found.conclusion


def test_csv_is_one_line_a_comparison_and_no_formula(make_side):
    found = compared(*(make_side(name, variant="=1+1") for name in "ab"))
    frame = pd.read_csv(io.StringIO(shown(found, "csv")))
    assert list(frame["variant"]) == ["'=1+1"]
    assert list(frame["bit_identical"]) == [True]
    assert list(frame) == list(found.frame)


def test_a_design_that_cannot_decide_and_missing_runs_are_warned_of(make_side):
    sides = make_side("a", [0.9, 0.8]), make_side("b", [0.8, 0.7])
    record = sides[1] / "sgd1" / "record.json"
    record.write_text(record.read_text().replace('"completed"', '"failed"'))
    stream = io.StringIO()
    compared(*sides).warn(Terminal(file=stream, width=300))
    assert "cannot be decided: 1 seed is too few (6 needed)" in stream.getvalue()
    assert "sgd: of B's 2 runs, 1 failed; the comparison omits runs without a result." in stream.getvalue()
