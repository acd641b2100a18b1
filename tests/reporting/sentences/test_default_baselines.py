import pandas as pd
import pytest

from runner.reporting.sentences.default_baselines import default_baseline_cautions


def said(metric, *means):
    names = [f"v{place}" for place in range(len(means))]
    aggregate = pd.DataFrame({"variant": names, "mean": means})
    return [*default_baseline_cautions(aggregate, metric, dict.fromkeys(names, "v0"))]


def test_a_default_baseline_far_from_the_best_is_named_with_its_rank():
    (caution,) = said("test_accuracy", 0.252, 0.9, 0.921, 0.1)
    assert caution.startswith("The baseline v0 is the first variant")
    assert "(25.20%) has rank 3 of 4, far from the best (92.10%)" in caution
    assert "--baseline or study.baseline" in caution
    assert said("test_loss", 0.9, 0.3, 0.2, 1.0)


@pytest.mark.parametrize(
    ("metric", "means"),
    [
        ("test_accuracy", [0.9, 0.91, 0.92, 0.93]),  # near the best
        ("test_accuracy", [0.5, 0.9, 0.1, 0.1]),  # in the upper half
        ("test_accuracy", [0.2, 0.9, 0.9]),  # few variants
        ("test_loss", [0.2, 0.3, 0.9, 1.0]),
        ("parameters", [1, 10, 20, 30]),
    ],
)
def test_other_default_baselines_need_no_caution(metric, means):
    assert said(metric, *means) == []
