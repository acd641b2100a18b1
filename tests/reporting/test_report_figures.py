import numpy as np
import pytest

import runner

pytestmark = pytest.mark.usefixtures("few_resamples")

LABELS = np.array([0, 0, 1, 1])


def predictions(of_class_1):
    """Predictions on four examples, given the probabilities of class 1."""
    probabilities = np.column_stack([1 - np.array(of_class_1), of_class_1])
    return {
        f"{part}_{kind}": of
        for part in ("test", "validation")
        for kind, of in (("probabilities", probabilities), ("labels", LABELS))
    }


def test_the_ensemble_is_drawn_as_a_gain_over_the_mean_of_its_seeds(make_run, tmp_path):
    for seed, wrong in enumerate(([0.4, 0.6, 0.9, 0.9], [0.4, 0.1, 0.4, 0.9], [0.1, 0.1, 0.9, 0.9])):
        accuracy = float((np.round(wrong) == LABELS).mean())
        make_run(f"sweep/{seed}", label="a", seed=seed, accuracies=[0.5, accuracy], predictions=predictions(wrong))
    figure = runner.load(tmp_path / "sweep").figure("ensemble")
    (axes,) = figure.axes
    (diamond,) = [line for line in axes.lines if line.get_marker() == "D" and len(line.get_xdata())]
    assert list(diamond.get_xdata()) == pytest.approx([1 - (0.75 + 0.75 + 1) / 3])
    dots = next(line for line in axes.lines if line.get_marker() == "o")
    assert sorted(dots.get_xdata()) == pytest.approx([-0.25 / 3, -0.25 / 3, 0.5 / 3])
    assert [text.get_text().replace("\n", " ") for text in axes.texts] == ["ensemble 100.00% (+16.67)"]
