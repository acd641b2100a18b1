import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from runner.core.omissions import LeftOut
from runner.records.design import Looks
from runner.records.sweep_directory import Question
from runner.reporting.collection.collect import find_runs
from runner.reporting.comparison.differences import differences, differences_by_epoch
from runner.reporting.result_reader import Wish, read_results

pytestmark = pytest.mark.usefixtures("few_resamples")


def read(path, **wish):
    left_out = LeftOut()
    return read_results(find_runs([path], left_out), [path], Wish(**wish), left_out)


@pytest.fixture
def made(make_run, tmp_path):
    """made({"a": [0.5, 0.6], "b": [0.7, None]}) -> results with one seed per value; None: diverged."""

    def make(variants, wish=None, **more):
        for name, scores in variants.items():
            for seed, score in enumerate(scores):
                end = {"status": "diverged"} if score is None else {"test": {"accuracy": score, "loss": 1.0}}
                make_run(f"sweep/{name}{seed}", label=name, seed=seed, **{**end, **more})
        return read(tmp_path / "sweep", **(wish or {}))

    return make


def test_each_seeds_difference_is_that_of_its_two_runs(made):
    (one,) = differences(made({"a": [0.5, 0.6, 0.7], "b": [0.55, 0.6, 0.9]}))
    assert (one.variant, one.name, one.baseline, one.cell, one.note) == ("b", "b", "a", "", "")
    assert one.by_seed == pytest.approx({0: 0.05, 1: 0.0, 2: 0.2})
    assert one.estimate == pytest.approx(0.25 / 3)
    assert (one.word, one.is_paired) == ("undecided", True)
    assert one.text.startswith("+8.33 [-")


def test_the_mean_of_the_dots_is_the_difference_of_the_comparisons(made):
    generator = np.random.default_rng(0)
    results = made({name: generator.uniform(0.5, 0.9, 7).round(4) for name in "abc"}, {"baseline": "b"})
    for one, difference in zip(differences(results), results.comparisons["difference"], strict=True):
        assert np.mean([*one.by_seed.values()]) == pytest.approx(difference) == pytest.approx(one.estimate)


def test_a_diverged_run_has_no_dot_and_is_named(made):
    (one,) = differences(made({"a": [0.5, 0.6, 0.7], "b": [0.7, None, 0.9]}))
    assert [*one.by_seed] == [0, 2]
    assert one.note == "1\N{NO-BREAK SPACE}run\N{NO-BREAK SPACE}lost"


def test_a_variant_without_any_result_has_no_dots(made):
    (one,) = differences(made({"a": [0.5, 0.6], "b": [None, None]}))
    assert (one.by_seed, np.isnan(one.estimate), one.text) == ({}, True, "-")


def test_without_pairs_a_dot_is_the_distance_from_the_baselines_mean(make_run, tmp_path):
    for name, seeds, scores in (("a", (0, 1), (0.5, 0.6)), ("b", (2, 3), (0.7, 0.8))):
        for seed, score in zip(seeds, scores, strict=True):
            make_run(f"sweep/{name}{seed}", label=name, seed=seed, test={"accuracy": score, "loss": 1.0})
    (one,) = differences(read(tmp_path / "sweep"))
    assert not one.is_paired
    assert one.by_seed == pytest.approx({2: 0.15, 3: 0.25})


def test_only_the_seeds_of_the_last_look_have_a_dot(made):
    results = made({"a": [0.5] * 8, "b": [0.6, 0.7] * 4})
    looks = Looks(sizes=[6, 12], spending="pocock")
    (one,) = differences(replace(results, asked=Question(looks=looks)))
    assert [*one.by_seed] == [0, 1, 2, 3, 4, 5]


def test_a_grid_has_a_cell_for_each_baseline(make_run, tmp_path):
    for number, label in enumerate(["sgd,model=mlp", "adam,model=mlp", "sgd,model=cnn", "adam,model=cnn"]):
        make_run(f"sweep/{number}", label=label, accuracies=[0.5 + number / 10])
    study = {"variants": {"sgd": [], "adam": []}, "baseline": "sgd"}
    (tmp_path / "sweep" / "plan.json").write_text(json.dumps({"study": study}))
    found = differences(read(tmp_path / "sweep"))
    assert [(one.name, one.cell, one.baseline) for one in found] == [
        ("adam", "model=mlp", "sgd"), ("adam", "model=cnn", "sgd"),
    ]  # fmt: skip


def test_each_data_set_is_a_cell(make_run, tmp_path):
    for dataset in ("mnist", "digits"):
        for name in "ab":
            make_run(f"sweep/{name}{dataset}", label=name, dataset=dataset, fingerprint=dataset)
    found = differences(read(tmp_path / "sweep"))
    assert [(one.name, one.cell, one.baseline) for one in found] == [("b", "digits", "a"), ("b", "mnist", "a")]


def test_the_chosen_values_of_a_tuned_variant_stand_beside_its_name(make_run, tmp_path):
    plan, rows = [], []
    for name, rate in (("sgd", "0.1234567"), ("adam", "0.001")):
        make_run(f"sweep/{name}", [f"optimizer.learning_rate={rate}"], label=name)
        plan.append({"phase": "final", "variant": name, "directory": name})
        point = f"optimizer.learning_rate={rate} optimizer.beta=x"
        row = dict.fromkeys(["seeds", "scored", "budget"], 1) | {"chosen": True, "on_edge": False}
        rows.append({"variant": name, "point": point, "val_accuracy": 0.5} | row)
    pd.DataFrame(plan).to_csv(tmp_path / "sweep" / "plan.csv", index=False)
    pd.DataFrame(rows).to_csv(tmp_path / "sweep" / "tuning.csv", index=False)
    (one,) = differences(read(tmp_path / "sweep"))
    assert one.note == "learning\N{NO-BREAK SPACE}rate\N{NO-BREAK SPACE}0.001, beta\N{NO-BREAK SPACE}x"
    assert one.baseline == "sgd (learning\N{NO-BREAK SPACE}rate\N{NO-BREAK SPACE}0.123, beta\N{NO-BREAK SPACE}x)"


def by_epoch(make_run, tmp_path, curves, **more):
    for name, seeds in curves.items():
        for seed, curve in enumerate(seeds):
            make_run(f"sweep/{name}{seed}", label=name, seed=seed + more.get(name, 0), accuracies=curve)
    results = read(tmp_path / "sweep")
    return differences_by_epoch(results, differences(results))


def test_the_difference_of_every_epoch_is_paired_with_its_t_interval(make_run, tmp_path):
    ours, theirs = [[0.5, 0.7], [0.6, 0.9], [0.4, 0.9]], [[0.4, 0.7], [0.3, 0.8], [0.4, 0.7]]
    frame = by_epoch(make_run, tmp_path, {"a": theirs, "b": ours})
    apart = np.array(ours) - np.array(theirs)
    low, high = stats.t.interval(0.95, 2, apart.mean(axis=0), stats.sem(apart))
    assert [*frame["epoch"]] == [1, 2]
    assert [*frame["n"]] == [3, 3]
    for column, expected in {"mean": apart.mean(axis=0), "low": low, "high": high}.items():
        assert frame[column].tolist() == pytest.approx(expected)
    assert np.array(frame["by_seed"].tolist()) == pytest.approx(apart.T)


def test_differences_end_with_the_shortest_run(make_run, tmp_path):
    frame = by_epoch(make_run, tmp_path, {"a": [[0.5, 0.6, 0.7], [0.5, 0.6]], "b": [[0.5, 0.6, 0.7]] * 2})
    assert [*frame["epoch"]] == [1, 2]


def test_without_pairs_the_interval_is_welchs(make_run, tmp_path):
    ours, theirs = [[0.5, 0.7], [0.6, 0.9], [0.4, 0.9]], [[0.4, 0.7], [0.3, 0.8]]
    frame = by_epoch(make_run, tmp_path, {"a": theirs, "b": ours}, b=10)
    for position in (0, 1):
        one, other = ([curve[position] for curve in own] for own in (ours, theirs))
        interval = stats.ttest_ind(one, other, equal_var=False).confidence_interval(0.95)
        assert frame.loc[position, "low"] == pytest.approx(interval.low)
        assert frame.loc[position, "mean"] == pytest.approx(np.mean(one) - np.mean(other))


def test_one_seed_has_differences_without_an_interval(make_run, tmp_path):
    frame = by_epoch(make_run, tmp_path, {"a": [[0.5, 0.6]], "b": [[0.6, 0.8]]})
    assert frame["mean"].tolist() == pytest.approx([0.1, 0.2])
    assert frame[["low", "high"]].isna().all(axis=None)


def test_a_metric_without_a_history_has_no_differences_by_epoch(make_run, tmp_path):
    for name in "ab":
        make_run(f"sweep/{name}", label=name, test={"accuracy": 0.5, "macro_recall": 0.5})
    results = read(tmp_path / "sweep", metric="test_macro_recall")
    assert differences_by_epoch(results, differences(results)).empty
