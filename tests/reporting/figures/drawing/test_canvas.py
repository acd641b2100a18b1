import random
import textwrap

import pytest

from runner.reporting.figures.drawing.canvas import canvas, wrapped


@pytest.mark.parametrize("seed", range(20))
def test_lines_are_as_few_as_usual_and_not_wider_than_allowed(seed):
    draws = random.Random(seed)
    for _ in range(50):
        text = " ".join("x" * draws.randint(1, 30) for _ in range(draws.randint(0, 14)))
        width = draws.randint(18, 40)
        usual, lines = textwrap.wrap(text, width), wrapped(text, width).splitlines()
        assert len(lines) == len(usual)
        assert all(len(line) <= width for line in lines)
        assert " ".join(lines).split() == " ".join(usual).split()


def test_no_word_stands_alone_on_the_last_line_of_a_title():
    figure, _ = canvas(
        "Accuracy against the baseline over all of the epochs: mnist, digits, 12 variants, 96 runs" + " x" * 20
    )
    first, last = figure.get_suptitle().splitlines()
    assert len(last) > 0.7 * len(first)
