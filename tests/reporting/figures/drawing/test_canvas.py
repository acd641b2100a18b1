from runner.reporting.figures.drawing.canvas import canvas


def test_no_word_stands_alone_on_the_last_line_of_a_title():
    figure, _ = canvas(
        "Accuracy against the baseline over all of the epochs: mnist, digits, 12 variants, 96 runs" + " x" * 20
    )
    first, last = figure.get_suptitle().splitlines()
    assert len(last) > 0.7 * len(first)
