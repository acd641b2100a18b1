import json
import re
import shutil

import pandas as pd
import pytest
from matplotlib.figure import Figure

from runner.reporting.comparison.folds import SEEDS
from runner.reporting.figures.drawing.canvas import save_figure, wrapped
from runner.reporting.figures.grids.sensitivity import sensitivity
from runner.reporting.figures.shown_rows import MOST_ROWS
from runner.reporting.formats import Output
from runner.reporting.report import report
from runner.reporting.report_figures import report_figures
from runner.reporting.result_reader import Wish
from runner.reporting.sentences.captions import BAND, OF_DRAWS, RUNNING
from runner.reporting.sentences.figure_captions import (
    _basis_of_verdicts,
    _beyond,
    _of_forest,
    _of_points,
    _of_times,
    _of_tuning_curve,
    _panels_of_grid,
    _with_runs,
    figure_caption,
    write_captions,
)
from tests.reporting.figures.test_forest_plot import difference
from tests.reporting.figures.test_of_scores_by_time import of_one_data_set

pytestmark = pytest.mark.usefixtures("few_resamples")


@pytest.fixture
def captions(make_run, tmp_path):
    """captions({"a": [0.5, 0.6], "b": [0.7, 0.8]}) -> the captions of the report's figures, by stem."""

    def make(variants, epochs=2, of=None, first=None, **wish):
        for name, scores in variants.items():
            for number, score in enumerate(scores):
                seed = number + (first or {}).get(name, 0)
                own = {"label": name, "seed": seed, "accuracies": [*[0.5] * (epochs - 1), score]}
                make_run(f"sweep/{name}{seed}", **own)
        results = report([tmp_path / "sweep"], tmp_path / "out", Wish(**wish), Output(["csv"])).results
        draws = report_figures(results, results.ranks, None, seeds=False)
        return {stem: figure_caption(stem, draw(), results) for stem, draw in draws if of is None or stem in of}

    return make


SIX = [0.6, 0.61, 0.62, 0.63, 0.64, 0.66]


def test_every_figure_names_its_data_and_its_seeds(captions):
    found = captions({"a": SIX, "b": SIX[::-1]})
    assert {"forest", "difference_over_time", "accuracy", "test_accuracy"} <= {*found}
    assert all(text.endswith("Data: mnist; n = 6 seeds for each variant.") for text in found.values())


def test_different_numbers_of_seeds_are_a_range(captions):
    assert "n = 2 to 3 seeds" in captions({"a": SIX[:3], "b": SIX[:2]}, of=["forest"])["forest"]


def test_the_forest_plots_caption_names_what_is_drawn_and_the_test(captions):
    text = captions({"a": SIX, "b": [score + 0.1 for score in SIX]}, of=["forest"], margin=0.01)["forest"]
    for part in (
        "Difference of each variant from a in test accuracy.",
        "Dots are seeds, paired with the baseline's; diamonds are their mean.",
        "Grey band: within the margin of 1 percentage point.",
        "Verdicts: paired sign-flip, exact (p of equivalence within 1 percentage point: by two one-sided tests",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("why", "low", "reason"),
    [
        ("p = 0.080", 0.01, "because p is adjusted for multiple comparisons and the interval is not"),
        ("too few seeds", 0.01, "With too few runs, p cannot reach the level"),
        ("p = 0.080", -0.01, None),
        ("all diverged", 0.01, None),
    ],
)
def test_the_caption_explains_an_interval_that_excludes_0_beside_undecided(why, low, reason):
    found = [difference(word="undecided", why=why, low=low, high=0.03)]
    row = {"variant": "b", "metric": "test_accuracy", "test": "", "p_value": 0.03, "p_adjusted": 0.08}
    said = " ".join(_basis_of_verdicts(found, [row | {"lost": 0, "baseline_lost": 0}]))
    assert bool(re.search("excludes? 0", said)) == bool(reason)
    assert (reason or "") in said


def test_the_caption_says_if_intervals_end_where_no_value_can_lie(captions):
    end = "Intervals end at 100%, because no value can lie beyond this limit."
    found = captions({"a": [0.99, 0.9], "b": SIX[:2]}, of=["test_accuracy", "generalization_gap"])
    assert [end in found[stem] for stem in ("test_accuracy", "generalization_gap")] == [True, False]


def test_with_many_variants_the_caption_explains_the_row_of_the_others(captions):
    many = {f"v{number:02d}": [0.5 + number / 100] for number in range(MOST_ROWS + 1)}
    found = captions(many, of=["forest", "difference_over_time", "test_accuracy"])
    explained = [stem for stem, text in found.items() if "share the last one, with a dot for the mean of each" in text]
    assert explained == ["forest", "test_accuracy"]


def test_what_is_not_drawn_is_not_named(captions):
    found = captions({"a": SIX, "b": SIX[::-1]}, of=["forest", "accuracy", "difference_over_time"])
    for absent in ("Hollow", "Grey band", "arrow", "new test examples", "panel"):  # no predictions, no margin, no zoom
        assert not [text for text in found.values() if absent in text]


@pytest.mark.parametrize(("reach", "are_equal"), [(0.01, True), (0.02, False)])
def test_the_caption_says_that_intervals_are_equal_if_new_examples_add_no_variance(
    make_run, tmp_path, reach, are_equal
):
    for label in "ab":
        make_run(f"sweep/{label}", label=label)
    results = report([tmp_path / "sweep"], tmp_path / "out", Wish(), Output(["csv"])).results
    found = [difference(new_low=0.02 - reach, new_high=0.02 + reach)]
    said = [*_of_forest(found, results, Figure())]
    assert ("The two are equal where new test examples add no variance to that of the seeds." in said) == are_equal


def test_captions_of_curves_name_the_variants_whose_runs_all_diverged(captions, make_run):
    for seed in range(2):
        make_run(f"sweep/c{seed}", label="c", seed=seed, status="diverged", accuracies=[0.1])
    found = captions({"a": SIX, "b": SIX[::-1]}, of=["accuracy", "difference_over_time", "test_accuracy"])
    said = [stem for stem, text in found.items() if "All runs diverged: c." in text]
    assert said == ["difference_over_time", "accuracy"]


def test_the_caption_says_which_differences_are_single_seeds(captions):
    of = "difference_over_time"
    few = captions({"a": SIX, "b": SIX[1:4]}, of=[of])[of]
    assert "Thin lines are single seeds; thick lines are means." in few
    assert "Bands" not in few
    mixed = captions({"c": SIX[::-1]}, of=[of])[of]
    assert "Thin lines are single seeds of variants with up to three; thick lines are means. Bands are" in mixed


def test_of_one_seed_no_caption_speaks_of_bands_or_intervals(captions):
    found = captions({"a": SIX[:1], "b": SIX[1:2]})
    assert not [text for text in found.values() if re.search("band|interval|means over", text)]
    assert "Each line is one seed." in found["accuracy"]


def test_runs_without_pairs_are_said_to_be_so(captions):
    found = captions({"a": SIX, "b": SIX}, first={"b": 100}, of=["forest", "difference_over_time"])
    assert "Hollow dots are the differences of unpaired seeds from the baseline's mean" in found["forest"]
    assert not re.search(r"\bpaired", found["difference_over_time"] + found["forest"])


def test_an_arrow_a_grey_curve_and_a_zoomed_part_are_named_where_they_are(captions):
    variants = {name: [score + shift for score in SIX] for shift, name in enumerate("abcde", start=0) if shift < 1}
    variants |= {name: [score + number / 1000 for score in SIX] for number, name in enumerate("bcde", start=1)}
    variants |= {"f": [0.01] * 6}
    found = captions(variants, epochs=6, of=["forest", "difference_over_time", "accuracy"])
    assert "An arrow at the edge marks a difference far beyond the others." in found["forest"]
    assert "the others in grey" in found["difference_over_time"]
    assert (
        "The last panel of each row shows the part of the curves in the box; some curves extend beyond it."
        in found["accuracy"]
    )


@pytest.mark.parametrize("target", [0.6, 0.605])
def test_a_variant_that_missed_the_target_is_said_to_have_no_mean(captions, target):
    text = captions({"a": SIX, "b": SIX[::-1]}, of=["time_to_target", "epochs_to_target"], metric="epochs_to_target",
                    target=target)["epochs_to_target"]  # fmt: skip
    assert ("has no mean if some of its runs never reached the target" in text) == (target > SIX[0])
    assert "the geometric mean with its 95% t-interval. The axis is logarithmic." in text


@pytest.mark.parametrize(("first", "warns"), [(0.2, True), (0.9, False)])
def test_a_default_target_far_from_the_best_final_value_is_named(captions, first, warns):
    scores, stem = {"a": [first, first + 0.01], "b": [0.95, 0.95]}, "epochs_to_target"
    found = captions(scores, of=[stem], metric=stem)[stem]
    far = "The default target, a validation accuracy of 20.00%, is far from the 95.00% of b"
    assert (far in found) == ("set another with --target" in found) == warns


@pytest.mark.parametrize("chosen", [None, "a"])
def test_a_default_baseline_far_from_the_best_is_named_where_differences_are_drawn(captions, chosen):
    scores = {"a": [0.2, 0.21], "b": [0.9, 0.95], "c": [0.94, 0.95], "d": [0.1, 0.11]}
    warning = "The baseline a is the first variant, because none was chosen"
    found = captions(scores, of=["forest", "test_accuracy"], baseline=chosen)
    assert (warning in found["forest"]) == (chosen is None)
    assert warning not in found["test_accuracy"]


def test_a_figure_without_training_curves_does_not_explain_them(make_run, tmp_path):
    for seed in (0, 1):
        make_run(f"sweep/{seed}", label="a", seed=seed, accuracies=[0.5, 0.6])
    results = report([tmp_path / "sweep"], tmp_path / "out", output=Output(["csv"])).results
    figure = dict(report_figures(results, None, None, seeds=False))["accuracy"]()
    assert RUNNING in figure_caption("accuracy", figure, results)
    figure.axes[0].remove()
    found = figure_caption("accuracy", figure, results)
    assert "Training values" not in found
    assert "Validation values are those at the end of each epoch." in found


def test_what_only_the_title_said_is_in_the_caption(make_run, tmp_path):
    for seed in (0, 1):
        path = make_run(f"sweep/{seed}", label="a", seed=seed) / "record.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"scores": {"confusion_matrix": [[2, 0], [1, 1]]}}))
    results = report([tmp_path / "sweep"], tmp_path / "out", output=Output(["csv"])).results
    draw = dict(report_figures(results, None, None, seeds=False))["confusion_matrix"]
    assert "Mean of 2 seeds of a." in figure_caption("confusion_matrix", draw(), results)


def test_the_captions_are_written_beside_the_figures(make_run, tmp_path):
    for name in "ab":
        make_run(f"a_sweep/{name}", label=name)
    written = report([tmp_path / "a_sweep"], tmp_path / "a_sweep", output=Output(["table", "png"])).written
    stems = [path.stem for path in written if path.suffix == ".png"]
    text = (tmp_path / "a_sweep" / "captions.tex").read_text()
    assert re.findall(r"\\includegraphics{(.*)}", text) == stems
    assert r"\label{fig:a-sweep-test-accuracy}" in text
    assert re.findall(r"\*\*(\w+)\*\*", (tmp_path / "a_sweep" / "captions.md").read_text()) == stems
    none = report([tmp_path / "a_sweep"], tmp_path / "out", output=Output(["table"])).written
    assert not [path for path in none if path.stem == "captions"]


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex on this machine")
def test_the_captions_compile_under_their_figures(tmp_path, shell):
    head = "\\documentclass{article}\n\\usepackage{graphicx}\n"
    save_figure(Figure(figsize=(1, 1)), tmp_path / "forest.png")
    write_captions({"forest": r"Of a_b & 50% <i> \input{x}, #1 ± 2"}, tmp_path)
    text = (tmp_path / "captions.tex").read_text()
    (tmp_path / "paper.tex").write_text(f"{head}\\begin{{document}}\n{text}\n\\end{{document}}\n")
    done = shell("pdflatex -interaction=nonstopmode -halt-on-error paper.tex", cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-1500:]


def test_a_sensitivity_figure_names_its_metric_and_its_key(make_run, tmp_path):
    for rate in ("0.001", "0.01", "0.1"):
        make_run(f"sweep/{rate}", [f"optimizer.learning_rate={rate}"])
    results = report([tmp_path / "sweep"], tmp_path / "out", output=Output(["csv"])).results
    draw = dict(report_figures(results, results.ranks, None, seeds=False))["sensitivity"]
    assert figure_caption("sensitivity", draw(), results).startswith("Test accuracy (%) by learning rate. A line joins")


def test_small_multiples_of_sensitivity_keep_their_caption_and_explain_the_grey_lines(make_run, tmp_path):
    for name in ("sgd", "adam", "lion", "muon", "lamb"):
        for rate in ("0.001", "0.01", "0.1"):
            make_run(f"sweep/{name}{rate}", [f"optimizer={name}", f"optimizer.learning_rate={rate}"])
    results = report([tmp_path / "sweep"], tmp_path / "out", output=Output(["csv"])).results
    draw = dict(report_figures(results, results.ranks, None, seeds=False))["sensitivity"]
    text = figure_caption("sensitivity", draw(), results)
    assert text.startswith("Test accuracy (%) by learning rate. A line joins")
    assert "Each panel shows one variant in colour, and the others in grey." in text


def test_the_caption_says_which_parts_leave_the_panels():
    figure = Figure()
    axes = figure.subplots()
    axes.plot([1, 2, 3], [0.1, 0.8, 0.9])
    axes.fill_between([1, 2, 3], [0.1, 0.7, 0.8], [0.2, 0.9, 1.0])
    axes.set_ylim(0, 1.1)
    assert not [*_beyond("accuracy", figure)]
    axes.set_ylim(0.5, 0.95)
    said = ["Early parts of some curves are beyond the panels.", "Some intervals extend beyond the panels."]
    assert [*_beyond("accuracy", figure)] == said
    assert not [*_beyond("forest", figure)]


def test_a_tuning_curve_without_bars_does_not_explain_them_and_says_what_it_hides():
    figure = Figure()
    axes = figure.subplots()
    axes.plot([1, 2, 3], [0.1, 0.8, 0.9])
    axes.set_ylim(0.7, 1)
    hidden = "Early parts of some curves are beyond the panels."
    assert [*_of_tuning_curve([f"Best. {OF_DRAWS} Of a grid."], figure)] == ["Best. Of a grid.", hidden]
    axes.vlines([1, 2], [0.75, 0.8], [0.9, 0.9])
    assert [*_of_tuning_curve([f"Best. {OF_DRAWS}"], figure)] == [f"Best. {OF_DRAWS}", hidden]


@pytest.mark.parametrize(
    ("cell", "panel"),
    [
        ("units=8", "value of units"),
        ("units=8,batch_size=32", "combination of units and batch_size"),
        (f"{'long' * 10}=[8, 4]", f"value of {'long' * 10}"),
    ],
)
def test_the_caption_of_a_grid_names_the_keys_of_its_panels(cell, panel):
    figure = Figure()
    figure.subplots().set_title(wrapped(cell, 34), loc="left")
    figure.legend(handles=[], title="momentum")
    expected = f"Each {panel} has its own panels; a colour stands for the same momentum in all."
    assert [*_panels_of_grid(figure)] == [expected]


def test_the_caption_explains_dots_of_seeds_and_triangles():
    rows = [
        (value, 0.1 if value == 1 else 0.9 + value / 100 + seed / 1000) for value in range(1, 8) for seed in range(2)
    ]
    points = pd.DataFrame(rows, columns=["value", "score"]).assign(group="", rest="")
    said = [*_of_points(sensitivity(points, "lr", "val_accuracy", "", {}), SEEDS)]
    dots = "Lines are means over seeds, small dots single seeds."
    assert said == [dots, "Triangles at the edge mark points far behind the others."]


def test_each_data_set_has_the_confusion_matrix_of_its_own_best_variant(make_run, tmp_path):
    scores = {"digits": {"a": 0.7, "b": 0.6}, "mnist": {"a": 0.8, "b": 0.9}}
    for dataset, of_variant in scores.items():
        for name, score in of_variant.items():
            wish = {"label": name, "overrides": [f"dataset={dataset}"], "accuracies": [0.5, score]}
            path = make_run(f"sweep/{dataset}{name}", **wish) / "record.json"
            record = json.loads(path.read_text()) | {"scores": {"confusion_matrix": [[2, 0], [1, 1]]}}
            record["dataset"]["name"] = dataset
            path.write_text(json.dumps(record))
    results = report([tmp_path / "sweep"], tmp_path / "out", output=Output(["csv"])).results
    draws = dict(report_figures(results, results.ranks, None, seeds=False))
    headings = [axes.get_title(loc="left") for axes in draws["confusion_matrix"]().axes]
    assert headings[:-1] == ["a [digits],\nmean of 1 seed", "b [mnist],\nmean of 1 seed"]
    text = figure_caption("confusion_matrix", draws["confusion_matrix"](), results)
    assert "of the best variant on validation for each data set" in text


def test_the_caption_says_that_thin_lines_replace_bands():
    figure = Figure()
    axes = figure.subplots()
    axes.plot([1, 2], [0.1, 0.8], label="_v (one run)")
    thin = "Accuracy. Thick lines are means over seeds, thin lines single seeds."
    assert [*_with_runs([f"Accuracy. {BAND}"], figure, SEEDS)] == [thin]
    axes.fill_between([1, 2], [0.1, 0.7], [0.2, 0.9])
    assert next(iter(_with_runs([BAND], figure, SEEDS))) == BAND


@pytest.mark.parametrize(("count", "what"), [(4, "Bands are"), (5, "Vertical bars at the ends of the curves are")])
def test_the_caption_of_scores_by_time_names_the_kind_of_intervals(count, what):
    said = " ".join(_of_times(of_one_data_set(count)))
    assert f"{what} 95% t-intervals" in said
    assert ("Bands" in said) == (count == 4)
