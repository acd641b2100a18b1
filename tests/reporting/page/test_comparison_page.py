import re
from html import unescape

import pytest

from runner.core.omissions import LeftOut
from runner.reporting.comparison.regressions import regression_frame
from runner.reporting.comparison.sides import read_sides, sides_of
from runner.reporting.page.comparison_page import ComparisonPage

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def page(make_run, tmp_path):
    """page({"a": [[before...], [after...], ...]}) -> the page that compares the sides, one value per seed."""

    def make(values, margin=0.0, environments=()):
        names = "ABC"
        for number, (variant, sides) in enumerate(values.items()):
            for side, own in zip(names, sides, strict=False):
                for seed, value in enumerate(own):
                    name = f"{side}/{number}_{seed}"
                    make_run(name, label=variant, seed=seed, accuracies=[0.1, value])
        left_out = LeftOut()
        count = max(map(len, values.values()))
        sides = read_sides(sides_of([tmp_path / name for name in names[:count]], left_out), None, left_out)
        return ComparisonPage(sides, regression_frame(sides, margin), "Worse.", ["a caution"], [], environments).text()

    return make


BEFORE = [0.50, 0.51, 0.52, 0.53, 0.54, 0.55, 0.56, 0.57]


def words(text):
    return re.findall(r'<span class="word">(?:<span[^>]*>[^<]*</span> )?([^<]*)</span>', text)


def test_every_variant_has_its_word_its_sentence_and_a_dot_for_each_seed(page):
    text = page({"a": [BEFORE, [value - 0.02 for value in BEFORE]], "b": [BEFORE, BEFORE]})
    assert words(text) == ["worse", "identical"]
    assert "a: worse; 53.50% on A, 51.50% on B (n = 8)." in unescape(text)
    assert text.count("<title>seed ") == 16
    assert text.count(": \N{MINUS SIGN}2.00</title>") == 8  # of the seeds
    assert "<title>a: \N{MINUS SIGN}2.00\nworse</title>" in text
    assert "<strong>Worse.</strong>" in text
    assert "<li>a caution</li>" in text


def test_several_sides_have_headings_and_environments_name_theirs(page):
    found = [[], [("python", "3.11", "3.12")]]
    text = page({"a": [BEFORE, BEFORE, [value + 0.02 for value in BEFORE]]}, environments=found)
    assert words(text) == ["identical", "better"]
    assert [heading[0] for heading in re.findall(r'<th scope="rowgroup"[^>]*>([^<]+)', text)] == ["B", "C"]
    assert re.search(r"<td>C</td><td>python</td><td>3.11</td><td>3.12</td>", text)


def test_the_margin_is_a_band_and_names_are_text(page):
    text = page({HOSTILE: [BEFORE, [value - 0.02 for value in BEFORE]]}, margin=0.01)
    assert "margin of 1 percentage point" in text
    assert HOSTILE not in text
    assert "http-equiv" in text.partition("<body>")[0]
