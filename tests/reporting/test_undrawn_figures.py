import json

import pandas as pd
import pytest

import runner
from runner.core.errors import UserError
from runner.reporting.report_figures import report_figures
from runner.reporting.sentences.captions import CAPTIONS
from runner.reporting.sentences.figure_captions import figure_caption
from runner.reporting.undrawn_figures import interaction_shows_all, is_cross_entropy
from tests.reporting.conftest import run_maker

RATES = ("0.01", "0.1", "1")
pytestmark = pytest.mark.usefixtures("few_resamples")


@pytest.fixture
def results(make_run, tmp_path):
    """results(penalty=0.1) -> the results of two runs whose validation loss exceeds the cross-entropy by the penalty.

    Further arguments are columns of the history.
    """

    def make(penalty=0.0, **columns):
        for number in range(2):
            path = make_run(f"sweep/{number}", label="ab"[number]) / "history.csv"
            history = pd.read_csv(path)
            history = history.assign(
                negative_log_likelihood=history["loss"],
                val_negative_log_likelihood=history["val_loss"] * (1 + 1e-7 * number),  # rounded differently
                val_loss=history["val_loss"] + penalty * number,
                **columns,
            )
            history.to_csv(path, index=False)
        return runner.load(tmp_path / "sweep")

    return make


@pytest.fixture(scope="module")
def results_of_one_run(tmp_path_factory):
    path = tmp_path_factory.mktemp("one")
    run_maker(path)("sweep/0", label="a")
    return runner.load(path / "sweep")


def test_without_penalties_the_cross_entropy_is_drawn_alone_and_the_error_names_it(results):
    found = results()
    assert "negative_log_likelihood" in found.figures()
    with pytest.raises(UserError, match=r"^loss: this report does not draw it: it equals negative_log_likelihood"):
        found.figure("loss")


def test_with_a_penalty_in_one_run_both_losses_are_drawn(results):
    assert {"loss", "negative_log_likelihood"} <= {*results(penalty=1e-3).figures()}


def test_the_caption_of_the_only_loss_says_that_no_run_has_penalties(results):
    read, stem = results()._read, "negative_log_likelihood"
    figures = dict(report_figures(read, read.ranks, None, seeds=False))
    said = figure_caption(stem, figures[stem](), read)
    assert "Cross-entropy by epoch; this is the loss, because no run has penalties or smoothing." in said


def test_a_loss_without_its_cross_entropy_is_drawn():
    history = pd.DataFrame({"loss": [1.0], "val_loss": [2.0], "negative_log_likelihood": [1.0]})
    assert not is_cross_entropy(history)
    assert not is_cross_entropy(pd.DataFrame({"loss": [1.0]}))
    assert is_cross_entropy(history.drop(columns="val_loss"))


@pytest.mark.parametrize("last", [0.1, 0.1005])
def test_a_learning_rate_that_hardly_changes_is_not_drawn(results, last):
    rates = [0.1, last]
    with pytest.raises(UserError, match=r"^learning_rate: this report does not draw it: no learning rate changes by"):
        results(learning_rate=rates).figure("learning_rate")


def test_a_learning_rate_that_changes_visibly_is_drawn(results):
    assert "learning_rate" in results(learning_rate=[0.1, 0.102]).figures()


def grid(make_run, where, *, momenta=("0", "0.9"), seeds=2, status="completed"):
    for seed in range(seeds):
        for place, (momentum, rate) in enumerate((momentum, rate) for momentum in momenta for rate in RATES):
            overrides = [f"optimizer.momentum={momentum}", f"optimizer.learning_rate={rate}"]
            own = status if (seed, place) == (0, 0) else "completed"
            accuracies = [0.5 + 0.05 * place + seed / 1000]
            make_run(f"{where}/{seed}{place}", overrides, seed=seed, status=own, accuracies=accuracies)


def tuned(make_run, tmp_path, points, axes):
    """Write a study that tuned one variant at these points, two of them with a run of their own."""
    rows = []
    for place, point in enumerate(points):
        make_run(f"study/t{place}", [*point.split()], label="a", accuracies=[0.5 + place / 10])
        rows.append(("a", point, 0.5 + place / 10, 1, 1, place == len(points) - 1, False, len(points)))
    make_run("study/f", label="a", seed=5)
    names = ["variant", "point", "val_accuracy", "seeds", "scored", "chosen", "on_edge", "budget"]
    pd.DataFrame(rows, columns=names).to_csv(tmp_path / "study" / "tuning.csv", index=False)
    tuning = "".join(f"tuning,a,t{place}\n" for place in range(len(points)))
    (tmp_path / "study" / "plan.csv").write_text(f"phase,variant,directory\n{tuning}final,a,f\n")
    plan = {"study": {"variants": {"a": []}, "tune": {"axes": axes}}, "jobs": []}
    (tmp_path / "study" / "plan.json").write_text(json.dumps(plan))
    return runner.load(tmp_path / "study")


def test_a_grid_of_two_keys_has_an_interaction_and_a_heat_map_in_place_of_a_sensitivity(make_run, tmp_path):
    grid(make_run, "s")
    results = runner.load(tmp_path / "s")
    assert {"interaction", "heat_map"} <= {*results.figures()}
    assert "sensitivity" not in results.figures()
    with pytest.raises(UserError, match="sensitivity: this report does not draw it: the figure interaction shows"):
        results.figure("sensitivity")


def test_a_grid_with_a_lost_run_keeps_its_sensitivity_because_the_interaction_omits_the_seed(make_run, tmp_path):
    grid(make_run, "s", seeds=3, status="diverged")
    results = runner.load(tmp_path / "s")
    assert {"interaction", "sensitivity"} <= {*results.figures()}
    assert not interaction_shows_all(results._read)


def test_the_only_tuned_key_has_a_sensitivity_and_no_slices_and_a_grid_no_history(make_run, tmp_path):
    points = [f"optimizer.learning_rate={rate}" for rate in RATES]
    results = tuned(make_run, tmp_path, points, {"optimizer.learning_rate": [0.01, 0.1, 1]})
    assert {"sensitivity", "tuning_curve"} <= {*results.figures()}
    assert not {"tuning_slices", "tuning_history"} & {*results.figures()}
    with pytest.raises(UserError, match=r"tuning_slices: .* the figure sensitivity shows"):
        results.figure("tuning_slices")
    with pytest.raises(UserError, match="no variant has two or more tuned keys"):
        results.figure("tuning_parallel")
    with pytest.raises(UserError, match="the order of the points of a grid"):
        results.figure("tuning_history")


def test_several_tuned_keys_have_slices_and_no_sensitivity_and_a_random_search_its_history(make_run, tmp_path):
    points = [f"optimizer.learning_rate={rate} optimizer.momentum=0.{n}" for n, rate in enumerate(RATES)]
    ranges = {
        "optimizer.learning_rate": {"low": 0.01, "high": 1, "log": True},
        "optimizer.momentum": {"low": 0, "high": 1},
    }
    results = tuned(make_run, tmp_path, points, ranges)
    assert {"tuning_slices", "tuning_history", "tuning_parallel"} <= {*results.figures()}
    with pytest.raises(UserError, match=r"sensitivity: .* the figure tuning_slices shows"):
        results.figure("sensitivity")


@pytest.mark.parametrize("name", ["forest", "difference_over_time", *CAPTIONS])
def test_each_known_figure_is_drawn_or_has_a_reason(results_of_one_run, name):
    """One run without predictions has curves, its metric and its gap; everything else needs more."""
    if name in ("accuracy", "loss", "generalization_gap"):
        assert name in results_of_one_run.figures()
    else:
        with pytest.raises(UserError, match=f"^{name}: this report does not draw it[:;]"):
            results_of_one_run.figure(name)


def test_a_figure_that_no_report_has_is_no_such_figure(make_run, tmp_path):
    make_run("s/0", label="a")
    with pytest.raises(UserError, match="forst: no such figure"):
        runner.load(tmp_path / "s").figure("forst")


@pytest.fixture
def slow_baseline(make_run, tmp_path):
    """Two variants, of which the default baseline ends at 20% and the other at 95%."""
    for name, value in {"a": 0.2, "b": 0.95}.items():
        for seed in range(2):
            run = make_run(f"sweep/{name}{seed}", accuracies=[value - 0.01, value], label=name, seed=seed)
            path = run / "history.csv"
            pd.read_csv(path).assign(seconds=0.5).to_csv(path, index=False)
    return tmp_path / "sweep"


def test_the_times_to_an_easy_default_target_are_not_drawn_and_the_error_names_the_option(slow_baseline):
    found = runner.load(slow_baseline)
    assert "score_by_time" in found.figures()
    assert "time_to_target" not in found.figures()
    with pytest.raises(UserError, match=r"^time_to_target: this report does not draw it: .*far from.*--target"):
        found.figure("time_to_target")


@pytest.mark.parametrize("options", [{"target": 0.2}, {"baseline": "b"}])
def test_the_times_to_a_chosen_target_or_one_that_is_not_easy_are_drawn(slow_baseline, options):
    assert "time_to_target" in runner.load(slow_baseline).compare(**options).figures()
