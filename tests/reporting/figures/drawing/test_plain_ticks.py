import pytest
from matplotlib.figure import Figure

from runner.reporting.figures.drawing.plain_ticks import share_ticks


@pytest.mark.parametrize(
    ("shares", "texts"),
    [
        ([0.8, 0.9, 1.0], ["80", "90", "100"]),
        ([0.55, 0.555, 0.56], ["55", "55.5", "56"]),
        ([0.99995, 1.0], ["99.995", "100"]),
        ([-0.01, -1e-17, 0.01], ["\N{MINUS SIGN}1", "0", "1"]),
    ],
)
def test_ticks_of_shares_are_percentages_without_zeros_at_their_ends(shares, texts):
    axes = Figure().subplots()
    axes.set_yticks(shares)
    share_ticks(axes.yaxis)
    assert [label.get_text() for label in axes.get_yticklabels()] == texts
