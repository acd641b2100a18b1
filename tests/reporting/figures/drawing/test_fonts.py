import numpy as np
import pandas as pd
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.font_manager import fontManager
from matplotlib.text import Text

from runner.core.omissions import LeftOut
from runner.reporting.figures.dots import dots
from runner.reporting.figures.drawing import fonts
from runner.reporting.figures.drawing.files import write_figures
from runner.reporting.figures.drawing.fonts import fit_letters, legible
from runner.reporting.figures.drawing.styles import variant_styles
from runner.reporting.figures.learning_curves import learning_curves
from runner.reporting.figures.of_confusion import confusion_matrix
from runner.reporting.formats import Output
from runner.reporting.report import report

CJK = "\N{CJK UNIFIED IDEOGRAPH-732B}\N{CJK UNIFIED IDEOGRAPH-72D7}"  # cat, dog
HANGUL = "\N{HANGUL SYLLABLE JEONG}"


@pytest.fixture(autouse=True)
def nothing_else(monkeypatch):
    """Make Matplotlib's own font the only one, whatever is installed on this machine."""
    own = [entry for entry in fontManager.ttflist if entry.name == "DejaVu Sans"]
    monkeypatch.setattr(fontManager, "ttflist", own)
    fonts._families.cache_clear()
    yield
    fonts._families.cache_clear()


@pytest.fixture
def install(tmp_path):
    """install("Name", "letters") -> a font that has these letters, all drawn as the same black square."""

    def build(family: str, letters: str):
        pen = TTGlyphPen(None)
        pen.moveTo((0, 0))
        for point in [(0, 900), (900, 900), (900, 0)]:
            pen.lineTo(point)
        pen.closePath()
        builder = FontBuilder(1000, isTTF=True)
        builder.setupGlyphOrder([".notdef", "square"])
        builder.setupCharacterMap({ord(letter): "square" for letter in letters})
        builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "square": pen.glyph()})
        builder.setupHorizontalMetrics({".notdef": (1000, 0), "square": (1000, 0)})
        builder.setupHorizontalHeader(ascent=900, descent=-100)
        builder.setupNameTable({"familyName": family, "styleName": "Regular"})
        builder.setupOS2()
        builder.setupPost()
        builder.save(tmp_path / f"{family}.ttf")
        fontManager.addfont(tmp_path / f"{family}.ttf")

    return build


def named(*names):
    history = [
        {"position": number, "variant": name, "epoch": epoch, "accuracy": 0.5, "val_accuracy": 0.6}
        for number, name in enumerate(names)
        for epoch in (1, 2)
    ]
    values = pd.DataFrame({"variant": names, "x": np.linspace(0, 1, len(names))})
    styles = variant_styles(names, names, names[0])
    return {
        "dots.png": lambda: dots(values, "x", "accuracy", names[0], share=True, baselines={names[0]}),
        "curves.png": lambda: learning_curves(pd.DataFrame(history), "accuracy", names[0], styles),
        "matrix.png": lambda: confusion_matrix(np.eye(len(names)), names[0], names),
    }


def written(figure):
    return [text for text in figure.findobj(Text) if isinstance(text, Text) and text.get_text()]


@pytest.mark.parametrize("kind", ["dots.png", "curves.png", "matrix.png"])
def test_without_a_font_letters_are_their_numbers_everywhere_and_a_note_says_so(tmp_path, kind):
    left_out, drawn = LeftOut(), []

    def draw():
        drawn.append(named(CJK, f"plain {HANGUL}", "x")[kind]())
        return drawn[0]

    write_figures(tmp_path, [(kind, draw)], left_out)
    text = " ".join(text.get_text() for text in written(drawn[0]))
    assert not set(text) & set(CJK + HANGUL)
    assert r"\u732b\u72d7" in text
    assert r"plain \uc815" in text
    (note,) = left_out.reasons
    assert all(letter in note for letter in CJK + HANGUL)
    assert "no installed font has them" in note


def test_the_note_is_on_the_page_too_where_that_alone_is_asked_for(make_run, tmp_path):
    for label in (CJK, "x"):
        make_run(f"sweep/{label}", label=label)
    report([tmp_path / "sweep"], tmp_path / "out", output=Output(["html"]))
    assert f"characters {''.join(sorted(CJK))}: no installed font has them" in (tmp_path / "out/index.html").read_text()


@pytest.mark.parametrize("kind", ["dots.png", "curves.png", "matrix.png"])
def test_letters_are_drawn_in_the_fonts_that_have_them(tmp_path, install, kind, recwarn):
    install("Some Han", CJK)
    install("Some Hangul", HANGUL)
    left_out, drawn = LeftOut(), []

    def draw():
        drawn.append(named(CJK, f"plain {HANGUL}", "x")[kind]())
        return drawn[0]

    write_figures(tmp_path, [(kind, draw)], left_out)
    assert left_out.reasons == []
    lettered = [text for text in written(drawn[0]) if set(text.get_text()) & set(CJK + HANGUL)]
    assert len(lettered) >= 3
    assert all({"Some Han", "Some Hangul"} <= set(text.get_fontfamily()) for text in lettered)
    for text in written(drawn[0]):
        text.get_window_extent()  # it warns about letters without a glyph
    assert not [warning for warning in recwarn if "Glyph" in str(warning.message)]


def test_the_fewest_fonts_are_taken_and_none_that_has_boxes_alone(install):
    install("A Few", CJK[0])
    install("Many", CJK + HANGUL)
    install("Last Resort High-Efficiency", CJK + HANGUL + "\N{THAI CHARACTER KO KAI}")
    assert fonts._families(frozenset(CJK + HANGUL)) == (("Many",), frozenset())
    assert legible("\N{THAI CHARACTER KO KAI}") == r"\u0e01"


def test_text_that_the_usual_font_has_stays_as_it_is():
    for text in ("", "plain", "\N{LATIN SMALL LETTER E WITH ACUTE} \N{PLUS-MINUS SIGN} \N{GREEK SMALL LETTER BETA}"):
        assert legible(text) == text
    figure = named("caf\N{LATIN SMALL LETTER E WITH ACUTE}", r"a \u0041 of one\'s own")["curves.png"]()
    assert fit_letters(figure) == frozenset()
    assert {tuple(text.get_fontfamily()) for text in written(figure)} == {("sans-serif",)}


def test_wide_letters_count_twice_where_lines_are_broken(install):
    install("Some Han", CJK)
    figure = named(CJK * 60)["dots.png"]()
    (title,) = (text for text in written(figure) if text.get_text() == figure.get_suptitle())
    assert title.get_text().count("\n") >= 1
    assert max(map(len, title.get_text().split("\n"))) * 2 <= 7.0 * 16
