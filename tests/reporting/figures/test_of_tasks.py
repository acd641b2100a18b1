import pandas as pd
import pytest

from runner.reporting.comparison.tasks import PERFORMANCE_COLUMNS
from runner.reporting.figures.drawing.styles import variant_styles
from runner.reporting.figures.of_tasks import BAND, performance_profile


def profile(variants):
    rows = [(name, 0.1 * step, 1 - 0.1 * step, 0.9 - 0.09 * step, 1.0) for name in variants for step in range(11)]
    return pd.DataFrame(rows, columns=PERFORMANCE_COLUMNS)


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_every_variant_has_its_steps_and_its_band():
    variants = ["sgd", "adam"]
    figure = performance_profile(profile(variants), "test accuracy (%)", "", variant_styles(variants, variants, "sgd"))
    (axes,) = figure.axes
    assert legend(figure) == [*variants, BAND]
    assert [line.get_ydata()[3] for line in axes.lines] == pytest.approx([0.7, 0.7])
    assert len(axes.collections) == 2
    assert axes.get_xlabel() == "test accuracy (%)"


def test_among_many_variants_the_baseline_and_the_best_stand_out():
    variants = [f"v{number}" for number in range(20)]
    figure = performance_profile(profile(variants), "", "", variant_styles(variants, variants, "v19"))
    assert legend(figure) == ["13 other variants", *variants[:6], "v19", BAND]
    assert len(figure.axes[0].lines) == 20
