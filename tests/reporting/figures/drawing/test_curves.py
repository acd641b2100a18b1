import pandas as pd

from runner.reporting.figures.drawing.curves import variant_curves
from runner.reporting.figures.drawing.styles import variant_styles


def history(curves):
    """{variant: [one curve per seed]} -> one row per run and epoch."""
    rows, position = [], 0
    for variant, seeds in curves.items():
        for curve in seeds:
            rows += [(position, variant, epoch, value - 0.1, value) for epoch, value in enumerate(curve, start=1)]
            position += 1
    return pd.DataFrame(rows, columns=["position", "variant", "epoch", "accuracy", "val_accuracy"])


def test_variants_with_one_schedule_share_a_line():
    frame = history({"a": [[0.1, 0.05]], "b": [[0.1, 0.05]], "c": [[0.1, 0.1]]})
    styles = variant_styles(["a", "b", "c"], ["a", "b", "c"], "a")
    figure = variant_curves(frame, "val_accuracy", "learning rate", "", styles)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "a, b (n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}2)",
        "c (n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}1)",
    ]


def test_schedules_that_differ_by_less_than_a_line_share_one():
    frame = history({"a": [[0.09998, 0.09994]], "b": [[0.09999, 0.09998]], "c": [[0.1, 0.0994]]})
    styles = variant_styles(["a", "b", "c"], ["a", "b", "c"], "a")
    figure = variant_curves(frame, "val_accuracy", "learning rate", "", styles)
    assert [text.get_text()[:4] for text in figure.legends[0].get_texts()][:2] == ["a, b", "c (n"]


def test_variants_that_share_a_faint_line_are_each_counted():
    variants = [f"v{n:02d}" for n in range(14)]
    frame = history({variant: [[n / 20, n / 10] if n < 6 else [0.1, 0.1]] for n, variant in enumerate(variants)})
    figure = variant_curves(frame, "val_accuracy", "learning rate", "", variant_styles(variants, variants, "v00"))
    assert "8 other variants" in [text.get_text() for text in figure.legends[0].get_texts()]
