import numpy as np
import pytest

from runner.reporting.figures.of_variance_sources import spread_by_source
from runner.reporting.grid_effects.variance_sources import variance_frame
from tests.reporting.grid_effects.test_variance_sources import results


def test_each_source_has_its_standard_deviation_with_the_interval_and_a_line_marks_everything_together():
    frame = variance_frame(results(all=0.2, order=0.15, split=0.0), "test_accuracy")
    axes = spread_by_source(frame, "test_accuracy", "Spread").axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["all sources together", "order", "split"]
    (container,) = axes.containers
    dots, _, (bars,) = container
    assert dots.get_xdata() == pytest.approx([0.002, 0.0015, 0])
    ends = np.array([segment[:, 0] for segment in bars.get_segments()])
    assert ends[:2] == pytest.approx(frame[["std_low", "std_high"]].to_numpy()[:2])
    assert ends[2] == pytest.approx([0, 0])
    assert any(line.get_xdata() == pytest.approx([0.002, 0.002]) for line in axes.lines if line is not dots)
