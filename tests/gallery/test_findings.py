"""Verdicts, differences and means in a report's tables."""

import pytest

from runner.core.read import read_rows
from runner.core.write import write_csv
from runner.gallery.entry import Entry, Finding, Findings
from runner.gallery.findings import read_findings, with_display_names
from runner.gallery.page import gallery_page
from runner.records.sweep_directory import Question
from runner.reporting.formats import Output
from runner.reporting.report import report
from tests.gallery.conftest import report_on
from tests.reporting.conftest import run_maker


def test_the_words_are_those_of_a_real_report(tmp_path):
    make_run = run_maker(tmp_path)
    for variant, gain in (("adam", 0.0), ("sgd", -0.05)):
        for seed in range(6):
            make_run(
                f"sweep/{variant}{seed}", overrides=[f"optimizer={variant}"], label=variant, seed=seed,
                accuracies=[0.9 + gain * (1 + seed / 10)],
            )  # fmt: skip
    report([tmp_path / "sweep"], tmp_path / "out", output=Output(["csv"]))
    found = read_findings(tmp_path / "out")
    assert found.about == "test accuracy, difference from adam in percentage points"
    assert [(row.variant, row.word) for row in found.rows] == [("sgd", "worse")]
    assert found.rows[0].value.startswith("-6.25 [-7.23, -5.27]")
    assert found.rows[0].estimate[0] == pytest.approx(-0.0625)


def test_a_lower_loss_is_better(tmp_path):
    report_on(tmp_path, "lower", metric="test_loss")
    assert read_findings(tmp_path).rows[0].word == "better"


def test_the_interval_of_a_sequential_study_is_the_repeated_one(tmp_path):
    report_on(tmp_path, looks=2, repeated_low=-0.03, repeated_high=0.01)
    assert read_findings(tmp_path).rows[0].value == "-1.25 [-3.00, +1.00]"


def test_a_variant_without_any_result_has_no_difference(tmp_path):
    report_on(tmp_path, "undecided", difference="", ci_low="", ci_high="")
    row = read_findings(tmp_path).rows[0]
    assert (row.word, row.value, row.estimate) == ("undecided", "", None)


def test_reasons_of_undecided_comparisons_are_given_once_with_their_variants(tmp_path):
    report_on(tmp_path, "undecided", reason="3 seeds are too few (6 needed)")
    (row,) = read_rows(tmp_path / "comparisons.csv")
    rows = [row, row | {"variant": "l2"}, row | {"variant": "rmsprop", "verdict": "lower", "reason": ""}]
    write_csv(tmp_path / "comparisons.csv", rows)
    found = read_findings(tmp_path)
    assert found.reasons == {"3 seeds are too few (6 needed)": ["sgd", "l2"]}
    assert with_display_names(found, Question(variants=["l2"], names={"l2": "Weight decay"})).reasons == {
        "3 seeds are too few (6 needed)": ["sgd", "Weight decay"]
    }
    gallery = gallery_page([Entry(tmp_path, "study", "t", "complete", "", findings=found)], tmp_path, tmp_path, [])
    assert "undecided (sgd, l2): 3 seeds are too few" in gallery


def test_variants_have_the_display_names_of_the_report():
    rows = [Finding("warm_up [digits]", "worse", "-1.00"), Finding("l2", "better", "+1.00")]
    found = Findings("accuracy, difference from no_decay in percentage points", rows, baseline="no_decay")
    shown = with_display_names(found, Question(variants=["warm_up", "l2", "no_decay"], names={"l2": "Weight decay"}))
    assert [row.variant for row in shown.rows] == ["warm up [digits]", "Weight decay"]
    assert shown.about == "accuracy, difference from no decay in percentage points"


def test_without_comparisons_the_best_means_are_shown(tmp_path):
    means = [{"variant": f"v{n}", "metric": "val_loss", "mean": 1 - n / 10, "n": 2} for n in range(8)]
    write_csv(tmp_path / "aggregate.csv", [*means, {"variant": "none", "metric": "val_loss", "mean": "", "n": 0}])
    found = read_findings(tmp_path)
    assert found.about == "mean validation loss with penalty, best 5 of 9 variants"
    assert [row.variant for row in found.rows] == ["v7", "v6", "v5", "v4", "v3"]
    assert found.rows[0].value == "0.3000 (n = 2)"


def test_without_a_report_there_is_nothing(tmp_path):
    assert read_findings(tmp_path) == Findings()


@pytest.mark.parametrize("text", ["a,a\n1,2\n", "variant,metric\nx\n", "variant,metric\nx,y\n", "\x00\xff"])
def test_a_broken_table_is_named(tmp_path, text):
    (tmp_path / "comparisons.csv").write_text(text, encoding="latin-1")
    with pytest.raises(ValueError, match=r"^comparisons\.csv: not a valid report table"):
        read_findings(tmp_path)


def test_an_unknown_verdict_is_refused(tmp_path):
    report_on(tmp_path, '"><script>')
    with pytest.raises(ValueError, match="verdict"):
        read_findings(tmp_path)
