"""Judgements of `runner verify` on records, without training."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from runner.records.record import RunRecord
from runner.reproducibility.published import Data, Expectation, judge, verification_table

EXPECTED = Expectation(
    name="recipe",
    source="a page",
    published=98.0,
    band=(97.0, 99.0),
    overrides=["experiment=recipe"],
    seeds=2,
    data=Data("ceda791d", "33d712d5234a"),
)
RECORD = RunRecord(
    run_id="0123456789ab",
    name="recipe",
    seed=0,
    status="completed",
    choices={},
    overrides=[],
    dataset={"name": "mnist", "fingerprint": "ceda791d3e53beaf", "split": "33d712d5234a"},
    device={},
    versions={},
    code={},
    parameters=10,
    started="2026-01-01T00:00:00+00:00",
    test={"accuracy": 0.98, "loss": 0.1},
    scores={"negative_log_likelihood": 0.1},
)


def with_accuracy(value: float) -> RunRecord:
    return replace(RECORD, test={"accuracy": value, "loss": 0.1})


def test_the_mean_of_the_seeds_counts_and_not_each():
    one = judge(EXPECTED, [with_accuracy(0.965), with_accuracy(0.985)])
    assert one.passed
    assert one.mean == pytest.approx(97.5)
    assert one.deviation == pytest.approx(2**0.5)


@pytest.mark.parametrize(("accuracy", "reason"), [(0.96, "1.00 below the band"), (0.995, "0.50 above the band")])
def test_the_band_has_two_sides(accuracy, reason):
    one = judge(EXPECTED, [with_accuracy(accuracy)])
    assert not one.passed
    assert one.reasons == [reason]


@pytest.mark.parametrize("accuracy", [0.97, 0.99])
def test_the_band_s_edges_belong_to_it(accuracy):
    assert judge(EXPECTED, [with_accuracy(accuracy)]).passed


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"dataset": RECORD.dataset | {"name": "mnist_5k", "fingerprint": "00"}}, "wrong data: mnist_5k 00"),
        ({"dataset": RECORD.dataset | {"split": "ffffffffffff"}}, "wrong split: ffffffffffff, not 33d712d5234a"),
        ({"test": {"accuracy": 0.98, "loss": 0.006}}, "wrong loss: 0.006 on the test set"),  # e.g. of squared errors
        ({"test": {"accuracy": 0.98, "loss": 6.4}}, "wrong loss: 6.4 on the test set"),  # e.g. a sum over the batch
        ({"scores": {}}, "no test loss"),
        ({"status": "diverged"}, "seed 0: diverged"),
        ({"test": {"loss": 0.1}}, "seed 0: no test_accuracy"),
    ],
)
def test_a_run_on_other_data_or_by_another_loss_fails_whatever_its_figure(changed, reason):
    one = judge(EXPECTED, [replace(RECORD, **changed), RECORD])
    assert not one.passed
    assert one.reasons[0].startswith(reason)


def test_a_penalty_may_add_to_the_cross_entropy_and_take_nothing_from_it():
    penalized = replace(EXPECTED, penalized=True)
    assert judge(penalized, [replace(RECORD, test={"accuracy": 0.98, "loss": 0.26})]).passed
    assert not judge(penalized, [replace(RECORD, test={"accuracy": 0.98, "loss": 0.09})]).passed


def test_nothing_measured_is_no_pass():
    assert not judge(EXPECTED, []).passed
    assert judge(EXPECTED, [None, None]).reasons == ["seed 0: no record", "seed 1: no record"]


def test_the_metric_may_be_of_validation():
    record = replace(RECORD, final={"epoch": 1, "val_accuracy": 0.9})
    one = judge(replace(EXPECTED, metric="val_accuracy", band=(89, 91)), [record])
    assert one.passed
    assert one.mean == pytest.approx(90)


def test_the_table_fits_into_eighty_columns_and_shows_every_figure():
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(verification_table([judge(EXPECTED, [RECORD, RECORD]), judge(EXPECTED, [with_accuracy(0.5)])]))
    text = console.export_text()
    for shown in ("98.00 ", "97-99", "98.00\N{NO-BREAK SPACE}(2)", "50.00\N{NO-BREAK SPACE}(1)", "pass", "FAIL"):
        assert shown in text


def test_a_row_of_the_table_file_says_all():
    row = judge(EXPECTED, [RECORD]).row()
    assert (row["recipe"], row["published"], row["low"], row["high"]) == ("recipe", 98.0, 97.0, 99.0)
    assert (row["measured"], row["deviation"], row["n"], row["verdict"]) == (98.0, None, 1, "pass")
