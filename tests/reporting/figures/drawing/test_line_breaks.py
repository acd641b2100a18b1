import random
import textwrap

import pytest

from runner.reporting.figures.drawing.appearance import look_of, own_style
from runner.reporting.figures.drawing.canvas import as_svg, panels
from runner.reporting.figures.drawing.line_breaks import even_lines

SPACE = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize("seed", range(20))
def test_lines_are_as_few_as_usual_and_not_wider_than_allowed(seed):
    draws = random.Random(seed)
    for _ in range(50):
        width = draws.randint(18, 40)
        text = " ".join("x" * draws.randint(1, width) for _ in range(draws.randint(0, 14)))
        usual, lines = textwrap.wrap(text, width), even_lines(text, width)
        assert len(lines) == max(1, len(usual))
        assert all(len(line) <= width for line in lines)
        assert " ".join(lines).split() == " ".join(usual).split()


def test_words_joined_by_no_break_spaces_stay_on_one_line():
    key = f"learning{SPACE}rate{SPACE}0.02284,"
    assert even_lines(f"{key} momentum{SPACE}0.977", 34) == [key, f"momentum{SPACE}0.977"]
    assert even_lines(f"sgd {key}", 24) == ["sgd", key]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("learning_rate=0.001", ["learning_rate=", "0.001"]),
        (f"learning{SPACE}rate{SPACE}0.00123", [f"learning{SPACE}rate", "0.00123"]),
        ("rate=-0.00000000000000000001", ["rate=", "-0.00000000000000000001"]),
        ("cross-entropy_of_examples", ["cross-entropy_of_", "examples"]),
        ("x" * 40, ["x" * 18, "x" * 18, "x" * 4]),
        ("abcd " + "x" * 20, ["abcd", "x" * 18, "xx"]),
    ],
)
def test_a_word_longer_than_a_line_is_broken_after_a_separator_but_not_in_a_number(text, lines):
    assert even_lines(text, 18) == lines


def test_a_heading_wider_than_its_panel_is_wrapped_when_the_figure_is_drawn():
    with own_style(look_of("paper", 84)):
        figure, row = panels(4, "", columns=2)
        for axes, heading in zip(row, ["optimizer=momentum", "a\nb", "optimizer=momentum_and_more", "c"], strict=True):
            axes.set_title(heading, loc="left")
        as_svg(figure)
    headings = [axes.get_title(loc="left") for axes in row]
    assert headings == ["optimizer=momentum", "a\nb", "optimizer=momentum_and_\nmore", "c"]
