from runner.reporting.figures.drawing.styles import MOST_SHOWN, variant_styles


def test_no_two_variants_have_the_same_marker_in_the_same_colour():
    names = [f"v{number}" for number in range(40)]
    styles = variant_styles(names, names, None, most=len(names)).values()
    assert len({(style.color, style.marker) for style in styles}) == len(names)


def test_no_two_lines_that_stand_out_have_the_same_colour_and_dash():
    names = [f"v{number}" for number in range(MOST_SHOWN)]
    styles = variant_styles(names, names, None).values()
    assert len({(style.color, style.dash) for style in styles}) == MOST_SHOWN
