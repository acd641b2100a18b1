import re

import pandas as pd
import pytest

from runner.core.omissions import LeftOut
from runner.reporting.collection.collect import find_runs
from runner.reporting.comparison.differences import differences
from runner.reporting.page.answer import answer
from runner.reporting.page.assets import template_of
from runner.reporting.page.forest_layout import Forest
from runner.reporting.result_reader import Wish, read_results


def answered(path, wish=None) -> Forest:
    left_out = LeftOut()
    results = read_results(find_runs([path], left_out), [path], wish or Wish(), left_out)
    return answer(results, differences(results))


def at(mark) -> float:
    """Return the position of a mark in percent."""
    return float(mark.removesuffix("%"))


@pytest.fixture
def shifted(make_run, tmp_path, few_resamples):
    """shifted({"a": [0.5, ...], ...}) -> the folder of runs with these test accuracies, one per seed."""

    def make(scores):
        for label, values in scores.items():
            for seed, value in enumerate(values):
                make_run(f"sweep/{label}{seed}", label=label, seed=seed, accuracies=[0.1, value])
        return tmp_path / "sweep"

    return make


def rows_of(found):
    return [row for group in found.groups for row in group.rows]


BASE = [0.50, 0.51, 0.52, 0.53, 0.54, 0.55]


def test_dots_and_estimate_stand_at_the_paired_differences_on_one_axis(shifted):
    found = answered(shifted({"a": BASE, "b": [value + 0.01 * (1 + seed % 2) for seed, value in enumerate(BASE)]}))
    baseline, other = rows_of(found)
    assert baseline.word == "baseline"
    assert baseline.mean is None
    assert other.word == "better"
    places = {tick.text: at(tick.place) for tick in found.ruler.ticks}
    at_one, at_two = (places["0"] + share * (places["+1"] - places["0"]) for share in (1, 2))
    assert [at(dot.place) for dot in other.dots] == pytest.approx([at_one, at_two] * 3, abs=0.02)
    assert at(other.mean.place) == pytest.approx((at_one + at_two) / 2, abs=0.02)
    assert at(found.ruler.zero) == places["0"]
    assert [dot.text for dot in other.dots][:2] == ["seed 0: +1.00", "seed 1: +2.00"]
    assert other.numbers == "+1.50 [+0.93, +2.07]"
    assert (found.baseline, other.sentence) == ("a", "")
    assert found.ends == ("worse", "better")


def test_of_a_loss_less_is_better(make_run, tmp_path, few_resamples):
    for label, shift in (("a", 0), ("b", 0.1)):
        for seed in range(6):
            make_run(f"sweep/{label}{seed}", label=label, seed=seed, test={"loss": 1 + shift + seed / 10})
    found = answered(tmp_path / "sweep", Wish(metric="test_loss"))
    assert found.ends == ("better", "worse")
    assert rows_of(found)[1].word == "worse"


def test_a_variant_far_away_does_not_hide_the_differences_of_the_others(shifted):
    near = {name: [value + 0.001 * (seed % 3) for seed, value in enumerate(BASE)] for name in "bc"}
    found = answered(shifted({"a": BASE, **near, "far": [value - 0.4 for value in BASE]}))
    rows = {row.name: row for row in rows_of(found)}
    assert {dot.beyond for dot in rows["far"].dots} == {"left"}
    assert rows["far"].mean.beyond == "left"
    assert not any(dot.beyond for dot in rows["b"].dots)
    assert len({dot.place for dot in rows["b"].dots}) == 3
    assert "triangles lie beyond the axis" in found.caption


def test_the_margin_is_a_band_around_zero(shifted):
    found = answered(shifted({"a": BASE, "b": [value + 0.0001 for value in BASE]}), Wish(margin=0.01))
    assert rows_of(found)[1].word == "equivalent"
    margin = found.ruler.margin
    middle = (at(margin.start) + at(margin.end)) / 2
    assert middle == pytest.approx(at(found.ruler.zero), abs=0.01)
    assert at(found.width(margin)) == pytest.approx(at(margin.end) - at(margin.start))


def test_without_a_comparison_the_rows_have_the_whole_sentences_and_no_plot(shifted):
    found = answered(shifted({"a": [0.5]}))
    assert not found.has_plot
    assert [row.sentence for row in rows_of(found)] == ["a: mean test accuracy 50.00% (n = 1)."]


def test_every_data_set_has_its_own_axis_so_large_differences_do_not_hide_small_ones(make_run, tmp_path, few_resamples):
    for dataset, shift in (("mnist", 0.001), ("wine", 0.1)):
        for seed, value in enumerate(BASE):
            for label, accuracy in (("a", value), ("b", value + shift * (1 + seed % 2))):
                make_run(
                    f"sweep/{label}{dataset}{seed}", label=label, dataset=dataset, seed=seed, accuracies=[accuracy]
                )
    found = answered(tmp_path / "sweep")
    assert found.ruler is None
    assert [[tick.text for tick in group.ruler.ticks][-1] for group in found.groups] == ["+0.2", "+20"]
    small, large = (group.rows[0].dots for group in found.groups)
    assert [dot.place for dot in small] == [dot.place for dot in large]


def test_many_rows_are_low_and_a_group_names_its_baseline_in_its_heading(make_run, tmp_path, few_resamples):
    for label in "abcd":
        for dataset in ("mnist", "digits"):
            for seed in range(2):
                make_run(f"sweep/{label}{dataset}{seed}", label=label, dataset=dataset, seed=seed)
    found = answered(tmp_path / "sweep")
    assert [(group.heading, group.baseline.name) for group in found.groups] == [("digits", "a"), ("mnist", "a")]
    assert [row.name for row in found.groups[0].rows] == ["b", "c", "d"]
    assert (found.baseline, found.label) == ("a", "difference in test accuracy from a (percentage points)")
    assert not found.is_dense
    assert Forest([*found.groups, found.groups[0]]).is_dense


def test_rows_of_a_sweep_have_short_keys(make_run, tmp_path, few_resamples):
    for rate in ("0.1", "0.2"):
        make_run(f"sweep/{rate}", [f"optimizer.learning_rate={rate}"])
    found = answered(tmp_path / "sweep")
    assert [row.name for row in found.groups[0].rows] == ["learning rate=0.1", "learning rate=0.2"]
    assert found.groups[0].rows[0].variant == "optimizer.learning_rate=0.1"


def test_the_baseline_has_its_chosen_value_too(shifted, tmp_path, few_resamples):
    shifted({"a": [0.5, 0.6], "b": [0.6, 0.7]})
    rows = [(variant, "optimizer.learning_rate=0.1", 0.9, 1, 1, True, False, 1) for variant in "ab"]
    columns = ["variant", "point", "val_accuracy", "seeds", "scored", "chosen", "on_edge", "budget"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "sweep" / "tuning.csv", index=False)
    assert [row.note for row in answered(tmp_path / "sweep").groups[0].rows] == ["learning\xa0rate\xa00.1"] * 2


def test_scores_have_ranks_and_the_marks_of_the_table(shifted):
    found = answered(
        shifted(
            {
                "a": BASE,
                "best": [value + 0.02 for value in BASE],
                "tied": [value + 0.02 + 0.001 * (seed % 3 - 1) for seed, value in enumerate(BASE)],
                "bad": [value - 0.1 for value in BASE],
            }
        )
    )
    scores = {row.name: (row.score.rank, row.score.text, row.score.mark) for row in rows_of(found)}
    assert scores == {
        "a": (3, "52.50 ± 1.87", ""),
        "best": (1, "54.50 ± 1.87", "best"),
        "tied": (1, "54.50 ± 1.92", "best"),
        "bad": (4, "42.50 ± 1.87", ""),
    }
    assert found.scores == "Rank, test accuracy (%)"
    assert found.marks == "Rank of each variant, and mean ± standard deviation. Bold: the best."


def test_a_star_or_a_sentence_tells_whether_variants_differ_from_the_best(shifted):
    scores = {"a": BASE, "b": [value + 0.001 * (-1) ** seed + 0.0001 for seed, value in enumerate(BASE)]}
    found = answered(shifted(scores))
    assert [row.score.mark for row in rows_of(found)] == ["as good", "best"]
    assert "*: not significantly different from the best" in found.marks


def test_few_seeds_do_not_tell_which_variants_differ_from_the_best(shifted):
    found = answered(shifted({"a": [0.5, 0.51], "b": [0.6, 0.61]}))
    assert [row.score.mark for row in rows_of(found)] == ["", "best"]
    assert found.marks.endswith("The runs are too few to tell which variants differ from the best.")


def test_ranks_are_those_on_each_data_set(make_run, tmp_path, few_resamples):
    for dataset, best in (("mnist", 0.9), ("wine", 0.1)):
        for label, accuracy in (("a", 0.5), ("b", best)):
            for seed in range(2):
                name = f"sweep/{label}{dataset}{seed}"
                make_run(name, label=label, dataset=dataset, seed=seed, accuracies=[accuracy])
    found = answered(tmp_path / "sweep")
    assert [(group.baseline.score.rank, group.rows[0].score.rank) for group in found.groups] == [(2, 1), (1, 2)]
    assert found.marks.startswith("Rank of each variant on its data set")


def test_many_variants_are_ordered_by_rank_below_the_baseline(shifted):
    order = [3, 1, 2, *range(4, 14)]
    found = answered(shifted({"base": [0.5], **{f"v{place}": [0.5 + place / 100] for place in order}}))
    assert [row.name for row in rows_of(found)] == ["base", *(f"v{place}" for place in range(13, 0, -1))]


def test_a_remark_says_what_the_word_does_not(shifted):
    base = [*BASE, 0.56, 0.57]
    scores = {
        "base": base,
        "undecided": [value + 0.01 * (-1) ** seed for seed, value in enumerate(base)],
        "better": [value + 0.02 + 0.001 * (seed % 3) for seed, value in enumerate(base)],
    }
    sweep = shifted(scores)
    remarks = {row.name: row.sentence for row in rows_of(answered(sweep))}
    assert re.fullmatch(r"Detectable with 80% power: [\d.]+ percentage points\.", remarks.pop("undecided"))
    assert remarks == {"base": "", "better": ""}
    with_margin = {row.name: row.sentence for row in rows_of(answered(sweep, Wish(margin=0.001)))}
    assert with_margin["better"] == "By more than 0.1 percentage points."


@pytest.mark.parametrize(("worst", "is_said"), [(0.02, True), (-0.02, False)])
def test_the_caption_says_if_p_is_the_smallest_possible(shifted, worst, is_said):
    gains = [worst, 0.02, 0.03, 0.04, 0.05, 0.06]
    found = answered(shifted({"a": BASE, "b": [value + gain for value, gain in zip(BASE, gains, strict=True)]}))
    assert ("p = 0.031 is the smallest possible with 6 seeds" in found.caption) == is_said


def test_remarks_have_a_column_only_if_there_are_any(shifted):
    found = answered(shifted({"a": BASE, "b": [value + 0.02 for value in BASE]}))
    source = '{% from "macros.html" import forest %}{{ forest(answer) }}'
    assert "Remark" not in template_of(source).render(answer=found)
    assert ">Too few seeds.</td>" in template_of(source).render(answer=answered(shifted({"c": [0.5, 0.6]})))
