import numpy as np
import pandas as pd
import pytest

from runner.reporting.grid_effects.variance_sources import (
    VARIANCE_COLUMNS,
    source_cautions,
    source_sentences,
    variance_frame,
)
from runner.reporting.statistics.spread import ratio_interval


def results(seeds=20, variant="mlp", **spreads):
    """Return a summary whose sources have exactly these standard deviations of test accuracy, in points."""
    rows = []
    for number, (source, std) in enumerate(spreads.items()):
        drawn = np.random.default_rng(number).standard_normal(seeds)
        values = 0.97 + std / 100 * (drawn - drawn.mean()) / drawn.std(ddof=1)
        for seed, value in enumerate(values):
            row = {"variant": f"{variant},vary={source}", "seed": seed, "status": "completed", "test_accuracy": value}
            rows.append(row)
    return pd.DataFrame(rows)


def frame(**spreads):
    return variance_frame(results(**spreads), "test_accuracy")


def test_a_row_has_the_spread_of_its_source_as_numpy_computes_it():
    summary = results(all=0.2, order=0.15, split=0.05)
    found = variance_frame(summary, "test_accuracy")
    assert list(found) == VARIANCE_COLUMNS
    assert found["source"].tolist() == ["all", "order", "split"]
    values = {label: runs["test_accuracy"].to_numpy() for label, runs in summary.groupby("variant")}
    order, everything = values["mlp,vary=order"], values["mlp,vary=all"]
    row = found.set_index("source").loc["order"]
    assert (row["n"], row["pairs"], row["runs"]) == (20, 20, 20)
    assert row[["mean", "std"]].tolist() == pytest.approx([order.mean(), np.std(order, ddof=1)])
    assert row["ratio"] == pytest.approx(0.75)
    assert row["variance_share"] == pytest.approx(0.75**2)
    assert (row["ratio_low"], row["ratio_high"]) == pytest.approx(ratio_interval(order, everything))


def test_runs_without_a_result_are_left_out_of_both_sides_of_a_ratio_and_named():
    summary = results(all=0.2, order=0.15)
    lost = (summary["variant"] == "mlp,vary=order") & (summary["seed"] < 2)
    summary.loc[lost, "status"] = "diverged"
    row = variance_frame(summary, "test_accuracy").set_index("source").loc["order"]
    assert (row["n"], row["pairs"], row["runs"]) == (18, 18, 20)
    kept = summary[summary["seed"] >= 2].groupby("variant")["test_accuracy"].std()
    assert row["ratio"] == pytest.approx(kept["mlp,vary=order"] / kept["mlp,vary=all"])
    cautions = source_cautions(variance_frame(summary, "test_accuracy"))
    assert "mlp, order varied: 18 of 20 runs have a result; its spread covers only these." in cautions


def test_the_sentences_say_what_runs_must_vary_with_the_evidence():
    largest, advice, total = source_sentences(frame(all=0.2, order=0.2, dropout=0.02, split=0.1))
    assert largest.startswith(
        "mlp: order alone causes the largest spread of test accuracy: standard deviation 0.20 percentage points "
        "(95% CI 0.15 to 0.29; 1.00 times the standard deviation with all sources varying, 95% CI 0."
    )
    assert largest.endswith("; n = 20).")
    assert "runs must vary order (alone, more than a quarter" in advice
    assert "dropout may stay fixed (alone, less than a quarter" in advice
    assert "20 seeds are not enough to tell whether split may stay fixed" in advice
    assert (
        "the 3 single sources add up to 126% of the variance with all sources varying; they need not add up to 100%"
        in total
    )


def test_a_single_split_is_said_to_understate_the_spread_if_the_split_must_vary():
    (_, advice, _) = source_sentences(frame(all=0.2, order=0.02, split=0.2))
    assert "runs must vary split" in advice
    assert "a single split of the data understates the spread (dataset.split_seed=${seed}" in advice


def test_a_source_without_any_spread_gets_a_caution_and_no_advice():
    found = frame(all=0.2, order=0.2, augmentation=0.0, split=0.1)
    assert not any("augmentation" in sentence for sentence in source_sentences(found))
    text = "mlp, augmentation varied: all 20 runs have the same test accuracy, so no effect on it is visible."
    assert source_cautions(found) == [text]


def test_nothing_is_said_while_runs_train_or_if_everything_together_has_no_spread():
    summary = results(all=0.2, order=0.2, split=0.1)
    summary.loc[3, "status"] = "running"
    found = variance_frame(summary, "test_accuracy")
    assert not source_sentences(found)
    assert source_cautions(found) == ["mlp, all varied: 1 of 20 runs are still training."]
    assert not source_sentences(frame(all=0.0, order=0.1))


def test_outlying_runs_and_a_split_that_stayed_fixed_are_cautions():
    summary = results(all=0.2, order=0.2)
    summary.loc[25, "test_accuracy"] = 0.1
    outlying, fixed = source_cautions(variance_frame(summary, "test_accuracy"))
    assert "order varied: the results are not normally distributed (Shapiro-Wilk: p < 0.001)" in outlying
    assert fixed.startswith("the split of the data was not varied alone")


def test_variants_are_apart():
    two = pd.concat([results(all=0.2, order=0.1), results(variant="cnn", all=0.4, order=0.1)], ignore_index=True)
    found = variance_frame(two, "test_accuracy").set_index(["variant", "source"])["ratio"]
    assert found["mlp", "order"] == pytest.approx(0.5)
    assert found["cnn", "order"] == pytest.approx(0.25)
