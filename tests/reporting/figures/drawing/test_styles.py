from matplotlib.colors import to_rgb

from runner.reporting.figures.drawing.canvas import BASELINE_COLOR, PALETTE
from runner.reporting.figures.drawing.styles import MOST_SHOWN, ordered_styles, variant_styles


def test_the_baseline_is_grey_wherever_it_stands_and_no_colour_returns_among_its_seven_neighbours():
    names = [f"v{number}" for number in range(8)]
    colors = [style.color for style in variant_styles(names, names, "v3").values()]
    assert colors[3] == BASELINE_COLOR
    assert sorted(colors[:3] + colors[4:]) == sorted(PALETTE)


def test_no_two_variants_have_the_same_marker_in_the_same_colour():
    names = [f"v{number}" for number in range(40)]
    styles = variant_styles(names, names, None, most=len(names)).values()
    assert len({(style.color, style.marker) for style in styles}) == len(names)


def test_no_two_lines_that_stand_out_have_the_same_colour_and_dash():
    names = [f"v{number}" for number in range(MOST_SHOWN)]
    styles = variant_styles(names, names, None).values()
    assert len({(style.color, style.dash) for style in styles}) == MOST_SHOWN


def test_numbers_have_colours_from_dark_to_light_in_their_order():
    styles = ordered_styles(["0.1", "0.01", "1"])
    brightness = [sum(to_rgb(styles[value].color)) for value in ("0.01", "0.1", "1")]
    assert brightness == sorted(brightness)
    assert len({*brightness}) == 3
