import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.font_manager import fontManager

from runner.core.errors import UserError
from runner.reporting.figures.dots import dots
from runner.reporting.figures.drawing import appearance
from runner.reporting.figures.drawing.appearance import ONE_COLUMN, look_of, own_style
from runner.reporting.figures.drawing.canvas import canvas, is_narrow, wrapped
from runner.reporting.figures.drawing.styles import variant_styles
from runner.reporting.figures.learning_curves import learning_curves

MM = 25.4


def drawn(look, width=7.0, title="a title"):
    with own_style(look):
        return canvas(title, width)[0]


def test_the_usual_figure_is_as_wide_as_both_columns_and_has_a_title():
    figure = drawn(look_of())
    assert figure.get_figwidth() == pytest.approx(178 / MM, abs=0.01)
    assert figure.get_suptitle() == "a title"


def test_a_paper_has_captions_in_place_of_titles():
    assert not drawn(look_of("paper")).get_suptitle()


@pytest.mark.parametrize(("width", "whole", "half"), [(140, 140, 67.5), (84, 84, 84)])
def test_a_width_in_millimetres_holds_for_figures_of_both_widths(width, whole, half):
    look = look_of("paper", width)
    assert drawn(look).get_figwidth() * MM == pytest.approx(whole)
    assert drawn(look, ONE_COLUMN).get_figwidth() * MM == pytest.approx(half, abs=0.1)


def test_slides_have_thicker_lines_and_larger_text_for_their_width():
    slides, screen = look_of("slides"), look_of()
    assert slides.line > screen.line
    assert slides.width < screen.width  # with the same font size
    assert drawn(slides, ONE_COLUMN).get_figwidth() == slides.width  # a figure fills a slide


def test_letters_have_one_size_at_every_width():
    for look in (look_of("paper", 84), look_of("paper", 178)):
        with own_style(look):
            assert mpl.rcParams["font.size"] == 8


def test_a_narrow_figure_has_shorter_lines_and_stacked_panels():
    name = "a name of many short words that take some room"
    history = pd.DataFrame(
        {"position": 0, "variant": "a", "epoch": [1, 2], "accuracy": [0.1, 0.2], "val_accuracy": 0.5}
    )
    rows = {}
    for width in (84, 178):
        with own_style(look_of("paper", width)):
            assert is_narrow() is (width == 84)
            rows[width] = wrapped(name, 46).count("\n")
            figure = learning_curves(history, "accuracy", "", variant_styles(["a"], ["a"], None))
            figure.draw_without_rendering()
            first, second = (axes.get_position() for axes in figure.axes)
            assert bool(first.y0 > second.y1) is (width == 84)
    assert rows[84] > rows[178]


def test_a_look_ends_with_its_block():
    before = appearance.look_in_force()
    with own_style(look_of("slides")), own_style():  # an inner block keeps the look
        assert appearance.look_in_force() == look_of("slides")
    assert appearance.look_in_force() == before


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"style": "papper"}, r"--style papper: no such style; did you mean paper\?"),
        ({"width": 7}, "--width 7: must be 60 to 400 millimetres"),
        ({"width": 1000}, "--width 1000: must be"),
        ({"width": "84"}, "width='84': must be a number of millimetres"),
        ({"font": "DejaVu Serf"}, r"--font DejaVu Serf: this font is not installed; did you mean DejaVu Serif\?"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(monkeypatch, wish, said):
    monkeypatch.setattr(appearance, "findSystemFonts", list)  # starts a process
    with pytest.raises(UserError, match=said):
        look_of(**wish)


def test_without_the_fonts_of_latex_the_message_says_how_to_install_them(monkeypatch):
    monkeypatch.setattr(appearance, "findSystemFonts", list)
    monkeypatch.setattr(fontManager, "get_font_names", lambda: ["DejaVu Sans"])
    with pytest.raises(
        UserError, match=r"--font latex: this font \(Latin Modern Roman or CMU Serif\) is not installed;"
    ):
        look_of(font="latex")


def test_a_font_that_was_installed_since_matplotlib_listed_them_is_found(monkeypatch):
    listed = [entry for entry in fontManager.ttflist if entry.name != "STIXGeneral"]
    path = next(entry.fname for entry in fontManager.ttflist if entry.name == "STIXGeneral")
    monkeypatch.setattr(fontManager, "ttflist", listed)
    monkeypatch.setattr(appearance, "findSystemFonts", lambda: [path])
    assert look_of(font="stixgeneral").families == ("STIXGeneral",)


def test_times_is_there_on_every_machine_and_is_the_font_of_all_text(monkeypatch):
    monkeypatch.setattr(appearance, "findSystemFonts", list)
    look = look_of(font="times")
    with own_style(look):
        figure = dots(pd.DataFrame({"variant": ["a", "a"], "x": np.array([0.5, 0.7])}), "x", "x", "t", share=False)
        figure.draw_without_rendering()
        used = {text.get_fontproperties().get_name() for text in [*figure.axes[0].get_yticklabels(), *figure.texts]}
    assert used == {look.families[0]}
