import itertools

import pandas as pd
import pytest

from runner.reporting.figures.drawing.grid_panels import grid_panels

RATE, BATCH = "optimizer.learning_rate", "training.batch_size"


def crossed(rates, batches, seeds=2):
    frame = pd.DataFrame([*itertools.product(rates, batches)] * seeds, columns=[RATE, BATCH], dtype=object)
    return frame, [f"{rate},{batch}" for rate, batch in frame.itertuples(index=False)]


def test_the_key_with_fewer_values_has_the_panels_and_both_ascend():
    found = grid_panels(*crossed(["0.1", "0.01", "1", "0.001"], ["64", "32", "128"]))
    assert found.key == "learning_rate"
    assert [*found.cells.items()][3:6] == [
        ("1,32", ("1", f"{BATCH}=32")),
        ("0.001,64", ("0.001", f"{BATCH}=64")),
        ("0.01,64", ("0.01", f"{BATCH}=64")),
    ]
    assert len(found.cells) == 12


def test_of_equally_long_keys_the_learning_rate_has_the_lines():
    assert grid_panels(*crossed("123", "456")).key == "learning_rate"


@pytest.mark.parametrize(
    ("rates", "batches"),
    [("12", "345"), ("1234567", "1234567"), ([str(rate) for rate in range(13)], "12")],
    ids=["six variants share a panel", "seven panels", "thirteen lines"],
)
def test_a_grid_that_is_small_or_does_not_fit_has_no_panels(rates, batches):
    assert grid_panels(*crossed(rates, batches)) is None


def test_an_incomplete_grid_or_one_whose_cells_share_variants_has_no_panels():
    overrides, variants = crossed("1234", "567", seeds=1)
    assert grid_panels(overrides, variants) is not None
    assert grid_panels(overrides[1:], variants[1:]) is None
    assert grid_panels(overrides, [*overrides[RATE]]) is None
