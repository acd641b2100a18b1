import pandas as pd
from matplotlib.colors import to_hex

from runner.reporting.figures.drawing.canvas import PALETTE
from runner.reporting.figures.drawing.styles import variant_styles
from runner.reporting.figures.tuning.of_importances import importance_rows
from tests.reporting.figures.made_trials import legend

ROWS = [
    ("sgd", "rate", 0.8, 0.5, 0.9, 0.85, 0.4),
    ("sgd", "_beta", 0.1, 0.0, 0.3, 0.2, 0.4),
    ("adam", "rate", 0.5, 0, 1, 0.5, -0.1),
]
FRAME = pd.DataFrame(ROWS, columns=["variant", "key", "importance", "low", "high", "with_interactions", "r_squared"])


def drawn(frame=FRAME):
    names = list(dict.fromkeys(frame["variant"]))
    return importance_rows(frame.assign(trials=16), "Importance: digits", variant_styles(names, names, None))


def test_keys_have_their_shares_and_ranges_below_the_name_of_their_variant():
    (axes,) = drawn().axes
    assert [text.get_text() for text in axes.texts] == [
        "sgd (16 trials, R² 0.40)",
        "adam (16 trials, R² \N{MINUS SIGN}0.10)",
    ]
    rows = {tick.get_text().strip("\N{ZERO WIDTH SPACE}"): tick.get_position()[1] for tick in axes.get_yticklabels()}
    assert (rows["_beta"], rows["rate"]) == (2, 4)
    shares = [[*line.get_xdata()] for line in axes.lines if len(line.get_xdata())]
    assert shares == [[0.8, 0.1], [0.85, 0.2], [0.5], [0.5]]
    assert [[*map(float, segment[:, 0])] for segment in axes.collections[0].get_segments()] == [[0.5, 0.9], [0, 0.3]]


def test_shares_of_a_forest_that_predicts_nothing_are_grey():
    (axes,) = drawn().axes
    assert [to_hex(text.get_color()) for text in axes.texts] == [PALETTE[0].lower(), "#999999"]


def test_the_legend_says_what_a_circle_and_a_line_are():
    assert legend(drawn()) == ["alone", "with interactions", "alone: range of 95% of the trees"]


def test_a_long_name_is_cut():
    (axes,) = drawn(FRAME.assign(variant="v" * 200)).axes
    assert axes.texts[0].get_text() == f"{'v' * 60}... (16 trials, R² 0.40)"
