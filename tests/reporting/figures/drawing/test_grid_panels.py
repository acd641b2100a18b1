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
    assert found.key == "learning rate"
    assert [*found.cells.items()][3:6] == [
        ("1,32", ("1", f"{BATCH}=32")),
        ("0.001,64", ("0.001", f"{BATCH}=64")),
        ("0.01,64", ("0.01", f"{BATCH}=64")),
    ]
    assert len(found.cells) == 12


def test_of_equally_long_keys_the_learning_rate_has_the_lines():
    assert grid_panels(*crossed("123", "456")).key == "learning rate"


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


def test_a_grid_of_three_keys_has_a_panel_for_each_combination_of_the_two_with_fewer_values():
    keys = {"optimizer": ["sgd", "adam"], RATE: ["1", "0.1", "0.01", "0.001"], BATCH: ["64", "32"]}
    frame = pd.DataFrame([*itertools.product(*keys.values())], columns=[*keys], dtype=object)
    variants = [",".join(row) for row in frame.itertuples(index=False)]
    found = grid_panels(frame, variants)
    assert found.key == "learning rate"
    cells = [cell for _, cell in found.cells.values()]
    panels = [f"optimizer={name},{BATCH}={size}" for name in ("sgd", "adam") for size in ("32", "64")]
    assert [*dict.fromkeys(cells)] == panels
    assert found.cells["adam,0.1,64"] == ("0.1", panels[3])
    assert grid_panels(frame[1:], variants[1:]) is None
    assert grid_panels(frame.assign(model=["mlp", "cnn"] * 8), variants) is None


def test_a_grid_of_three_keys_with_more_than_six_combinations_has_no_panels():
    frame = pd.DataFrame([*itertools.product("abc", "123", "4567")], columns=["optimizer", BATCH, RATE], dtype=object)
    assert grid_panels(frame, ["".join(row) for row in frame.itertuples(index=False)]) is None


def test_rows_are_named_by_their_values_and_the_heading_names_their_key():
    found = grid_panels(*crossed(["0.1", "0.01", "1", "0.001"], ["64", "32"]))
    assert found.named_cells["0.1,64"] == ("0.1", f"{BATCH}=64, by learning rate")
