import pytest
from matplotlib.figure import Figure

from runner.reporting.figures.drawing.plain_ticks import logarithmic_ticks, share_ticks


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


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (0.8, 1.6, ["0.8", "1", "1.2", "1.4", "1.6"]),
        (4, 40, ["5", "10", "20", "30"]),
        (0.2, 10, ["0.2", "0.5", "1", "2", "5", "10"]),
        (0.001, 10, ["0.001", "0.01", "0.1", "1", "10"]),
    ],
    ids=["even", "four a decade", "three a decade", "powers of ten"],
)
def test_logarithmic_ticks_are_plain_numbers(low, high, texts):
    axes = Figure().subplots()
    axes.set(xscale="log", xlim=(low, high))
    logarithmic_ticks(axes.xaxis)
    places = [place for place in axes.xaxis.get_majorticklocs() if low * 0.999 <= place <= high * 1.001]
    shown = axes.xaxis.get_major_formatter().format_ticks(places)
    assert shown == texts
    minor = [place for place in axes.xaxis.get_minorticklocs() if low <= place <= high]
    assert bool(minor) == (texts[0] != "0.8")
    assert set(axes.xaxis.get_minor_formatter().format_ticks(minor)) <= {""}
