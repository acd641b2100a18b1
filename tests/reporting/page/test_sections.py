import pytest

from runner.reporting.page.sections import NEEDS, SECTIONS, Drawing, placed
from runner.reporting.sentences.captions import CAPTIONS, TUNING_CAPTIONS


def drawings(*stems):
    return [Drawing(stem, "", "", wide=False, alt="") for stem in stems]


def stems_of(found):
    return {anchor: [figure.stem for figure in own] for anchor, own in found.items() if own}


def test_every_figure_stands_in_one_section_and_those_of_the_tuning_together():
    found = stems_of(placed(drawings(*CAPTIONS), SECTIONS, ()))
    assert sorted(stem for own in found.values() for stem in own) == sorted(CAPTIONS)
    assert {*TUNING_CAPTIONS} <= {*found["tuning"]}
    over_datasets = {
        "critical_difference",
        "performance_profile",
        "aggregate_scores",
        "score_by_time",
        "probability_of_improvement",
    }
    assert {*found["data-sets"]} == over_datasets


def test_a_figure_of_an_absent_section_stands_under_figures():
    found = stems_of(placed(drawings("heat_map", "accuracy"), ["figures"], ()))
    assert found == {"figures": ["heat_map", "accuracy"]}


@pytest.mark.parametrize(
    ("widths", "alone"),
    [("w", [0]), ("n", [0]), ("wn", []), ("nww", [2]), ("nnn", []), ("www", [0, 1, 2]), ("wwnr", [1]), ("wr", [0])],
)
def test_the_caption_of_a_figure_without_a_neighbour_fills_its_row(widths, alone):
    figures = [
        Drawing("accuracy" if width == "r" else f"{width}{place}", "", "", wide=width == "w", alt="")
        for place, width in enumerate(widths)
    ]
    found = placed(figures, ["figures"], ["accuracy"])["figures"]
    assert [place for place, figure in enumerate(found) if figure.alone] == alone


def test_what_needs_content_is_a_section():
    assert {*NEEDS} <= {*SECTIONS}
