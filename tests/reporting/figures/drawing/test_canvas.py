import pytest

from runner.reporting.figures.drawing.canvas import _most_columns, canvas


def test_no_word_stands_alone_on_the_last_line_of_a_title():
    figure, _ = canvas(
        "Accuracy against the baseline over all of the epochs: mnist, digits, 12 variants, 96 runs" + " x" * 20
    )
    first, last = figure.get_suptitle().splitlines()
    assert len(last) > 0.7 * len(first)


@pytest.mark.parametrize(
    ("widths", "columns"),
    [([10, 10, 10, 40], 4), ([10, 10, 10, 10, 30, 40], 3), ([40, 40, 40], 1), ([80, 80], 1), ([20] * 5, 3)],
    ids=["one row", "no uneven columns", "narrow", "too long", "two rows"],
)
def test_a_legend_has_the_fewest_rows_that_fit(widths, columns):
    assert _most_columns(widths, 70) == columns
