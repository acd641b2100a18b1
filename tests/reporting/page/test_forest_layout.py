import math

import pytest

from runner.reporting.figures.drawing.difference_axis import difference_limits
from runner.reporting.page.forest_layout import Scale


@pytest.mark.parametrize("reaches", [[(0.0, 0.0)], [(-1e-300, 1e-300)], [(2.0, 3.0), (-900.0, 1.0)]])
def test_an_axis_holds_zero_and_every_place_is_within_the_plot(reaches):
    scale = Scale(*difference_limits(reaches, None))
    assert scale.holds(0.0)
    for value in (-math.inf, scale.low, 0.0, scale.high, math.inf):
        assert 0 <= float(scale.place(value).removesuffix("%")) <= 100
