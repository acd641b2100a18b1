import shutil

import pandas as pd
import pytest

from runner.reporting.comparison.aggregate import aggregate_frame, comparison_frame
from runner.reporting.comparison.best import best_marks, bests_by_variant, references
from runner.reporting.tables.paper_table import PaperTable, paper_table
from tests.reporting.comparison.test_aggregate import SEVEN, runs

pytestmark = pytest.mark.usefixtures("few_resamples")


def table(*frames, baseline, margin=None, correction="max_t"):
    summary = pd.concat(frames)
    comparisons = comparison_frame(summary, "test_accuracy", baseline, margin=margin, correction=correction)
    aggregate = aggregate_frame(summary, "test_accuracy")
    bests = bests_by_variant(summary, aggregate)
    versus_best = comparison_frame(summary, "test_accuracy", references(bests), correction=correction)
    return paper_table(summary, aggregate, comparisons, best_marks(bests, versus_best), 10_000)


def test_the_best_is_bold_and_no_p_is_shown_below_six_seeds():
    shown = table(runs("a_b", [0.5, 0.6]), runs("50%|<i>", [0.7, 0.9]), baseline="a_b")
    markdown, latex = shown.markdown(), shown.latex()
    assert "| 50%\\|&lt;i> | **80.00 ± 14.14** | +25.00 |" in markdown
    assert markdown.splitlines()[3].endswith("| - | 2 |")
    assert "2 seeds are too few (6 needed): nothing is claimed" in markdown
    assert r"50\%$|$$<$i$>$ & \textbf{80.00 $\pm$ 14.14}" in latex
    assert r"a\_b" in latex


def test_what_does_not_differ_significantly_from_the_best_is_marked():
    """b is 0.05 lower in every pair; c is higher as often as lower."""
    near = [value + (0.002 if position % 2 else -0.0025) for position, value in enumerate(SEVEN)]
    shown = table(runs("a", SEVEN), runs("b", [value - 0.05 for value in SEVEN]), runs("c", near), baseline="b")
    assert shown.marks == ["best", "", "as good"]
    assert r"c & \underline{92.94 $\pm$" in shown.latex()
    assert "| c | 92.94 ± 2.17\\* |" in shown.markdown()


def test_many_variants_do_not_make_what_is_worse_in_every_seed_as_good():
    """With ten comparisons and seven seeds, no p can be below 0.05 after Holm's correction."""
    worse = [runs(f"b{number}", [value - 0.05 for value in SEVEN]) for number in range(10)]
    shown = table(runs("a", SEVEN), *worse, baseline="a", correction="holm")
    assert shown.rows[1]["p (Holm)"] == "0.156"
    assert shown.marks == ["best", *[""] * 10]


def test_what_is_still_training_is_not_called_as_good_and_has_no_p():
    training = runs("b", [*SEVEN[::-1], float("nan")], ["completed"] * 7 + ["running"])
    shown = table(runs("a", [value + 0.01 for value in SEVEN]), training, baseline="a")
    assert shown.marks == ["best", ""]
    assert shown.rows[1]["p (max-T)"] == "-"


def test_below_six_seeds_nothing_is_called_as_good():
    assert table(runs("a", SEVEN[:5]), runs("b", SEVEN[:5][::-1]), baseline="a").marks == ["best", "best"]
    best, other = runs("a", [0.93, 0.96], seeds=[10, 11]), runs("b", SEVEN)
    assert table(best, other, baseline="b").marks == ["best", ""]


def test_where_the_seeds_cannot_decide_no_star_says_that_they_did():
    """A missing star would mean that b is worse, although six seeds are too few for three comparisons."""
    others = [runs(name, [value - 0.03 for value in SEVEN[:6]]) for name in "bc"]
    shown = table(runs("a", SEVEN[:6]), *others, runs("d", SEVEN[:6][::-1]), baseline="a", correction="holm")
    assert shown.marks == ["best", "", "", "best"]
    assert "6 seeds are too few for 3 comparisons (7 needed): nothing is claimed" in shown.caption
    assert "significantly" not in shown.markdown() + shown.latex()


def test_a_variant_that_diverged_is_not_the_best_one():
    lost = runs("b", [value + 0.01 for value in SEVEN[:5]] + [float("nan")] * 2, ["completed"] * 5 + ["diverged"] * 2)
    shown = table(runs("a", SEVEN), lost, runs("c", [float("nan")] * 7, ["diverged"] * 7), baseline="a")
    assert shown.marks == ["best", "as good", ""]
    assert (
        "Bold: best mean over the runs that completed, among variants with the fewest diverged runs." in shown.caption
    )
    gone = [runs(name, [float("nan")] * 7, ["diverged"] * 7) for name in "ab"]
    assert table(*gone, baseline="a").marks == ["", ""]


def test_means_that_differ_by_rounding_alone_are_both_the_best_and_small_losses_are_not():
    moved = [value + 0.1 - 0.1 for value in SEVEN]
    assert table(runs("a", SEVEN), runs("b", moved), baseline="a").marks == ["best", "best"]
    losses = pd.concat([runs("a", [1.23e-7] * 7), runs("b", [1.29e-7] * 7)]).rename(
        columns={"test_accuracy": "test_loss"}
    )
    assert bests_by_variant(losses, aggregate_frame(losses, "test_loss")) == {"a": ["a"], "b": ["a"]}


def test_the_caption_says_what_the_correction_is_over():
    frames = [runs("a", SEVEN), runs("b", SEVEN), runs("c", SEVEN)]
    assert "adjusted by max-T over 2 comparisons (intervals not adjusted)" in table(*frames, baseline="a").caption
    other = [frame.assign(variant=frame["variant"] + "2", dataset="digits") for frame in frames]
    summary = pd.concat([*frames, *other])
    compared = comparison_frame(
        summary, "test_accuracy", {"a": "a", "b": "a", "c": "a", "a2": "a2", "b2": "a2", "c2": "a2"}
    )
    caption = paper_table(summary, aggregate_frame(summary, "test_accuracy"), compared, {}, None).caption
    assert "adjusted by max-T over 4 comparisons on all data sets together" in caption


def test_the_caption_names_the_test_the_seeds_and_the_test_sets_own_error():
    """By the binomial distribution, the error is 0.10 points at 99% of 10,000."""
    shown = table(runs("a", [0.99] * 7), runs("b", SEVEN), baseline="a")
    for part in (
        "n = 7 seeds",
        "p by paired sign-flip, exact.",
        "test set (10,000 examples)",
        "0.10 percentage points",
    ):
        assert part in shown.caption


def test_of_one_seed_the_caption_claims_no_deviation():
    shown = table(runs("a", SEVEN[:1]), runs("b", SEVEN[1:2]), baseline="a").markdown()
    assert "One seed, so no standard deviation, mnist; differences from a (1 seed is too few" in shown
    assert "n = 1" not in shown


def test_the_caption_says_of_which_runs_the_means_and_the_differences_are():
    shown = table(runs("a", SEVEN), runs("b", [*SEVEN[:6], float("nan")], ["completed"] * 6 + ["failed"]), baseline="a")
    assert "differences from a over common seeds with 95%" in shown.caption
    assert "Bold: best mean over the runs that completed." in shown.caption
    whole = table(runs("a", SEVEN), runs("b", SEVEN), baseline="a")
    assert "differences from a with 95% t-intervals (none if all differences are equal); p by" in whole.caption
    assert "Bold: best mean." in whole.caption


def test_rows_have_as_many_cells_as_the_head():
    shown = PaperTable([{"variant": "a", "x": "1", "y": "2"}], ["best"], lambda: "c")
    assert {line.count("|") for line in shown.markdown().splitlines()[:3]} == {4}
    body = shown.latex().split(r"\midrule")[1].split(r"\bottomrule")[0]
    assert body.count("&") == 2


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex on this machine")
def test_the_latex_table_compiles_in_a_plain_article(tmp_path, shell):
    names = [r"a_b", "50%|<i>", r"\input{x}", "{}~^$#&", "é ± -1"]
    shown = table(*(runs(name, SEVEN) for name in names), baseline="a_b")
    shown.write(tmp_path)
    preamble = "\\documentclass{article}\n\\usepackage{booktabs}\n"
    (tmp_path / "paper.tex").write_text(f"{preamble}\\begin{{document}}\n\\input{{table}}\n\\end{{document}}\n")
    done = shell("pdflatex -interaction=nonstopmode -halt-on-error paper.tex", cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-1500:]
    assert (tmp_path / "paper.pdf").exists()


@pytest.mark.parametrize("status", ["diverged", "failed", "interrupted", "pruned", "running"])
def test_runs_without_a_result_are_counted_beside_the_others(status):
    lost = runs("b", [*SEVEN[:6], float("nan")], ["completed"] * 6 + [status])
    assert table(runs("a", SEVEN), lost, baseline="a").rows[1]["n"] == f"6, 1 {status}"


def test_with_a_margin_the_table_has_the_verdicts_and_the_caption_names_the_margin():
    near, better = ([value + shift for value in SEVEN] for shift in (0.0004, 0.01))
    shown = table(runs("a", SEVEN), runs("b", near), runs("c", better), baseline="a", margin=0.001)
    assert [row["verdict"] for row in shown.rows] == ["", "equivalent", "better"]
    assert [row["p (equivalence)"] for row in shown.rows] == ["", "0.016", "1.000"]
    assert "(p of equivalence within 0.1 percentage points: by two one-sided tests of the same kind)" in shown.caption
    assert "equivalent & 7" in shown.latex()
    without = table(runs("a", SEVEN), runs("b", near), baseline="a")
    assert "verdict" not in without.rows[1]
    assert "equivalence" not in without.caption
