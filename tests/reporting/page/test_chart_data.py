import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from runner.core.omissions import LeftOut
from runner.reporting.collection.collect import find_runs
from runner.reporting.collection.settings import settings_of
from runner.reporting.comparison.differences import differences, differences_by_epoch
from runner.reporting.page import chart_data as module
from runner.reporting.page.chart_data import chart_data
from runner.reporting.result_reader import Wish, read_results


def read(path):
    return json.loads(charts_of(path))


def charts_of(path):
    left_out = LeftOut()
    results = read_results(find_runs([path], left_out), [path], Wish(), left_out)
    return chart_data(results, differences_by_epoch(results, differences(results)), settings_of(results.runs, left_out))


def test_every_run_has_its_curve_in_percent_and_a_shorter_one_ends_early(make_run, tmp_path):
    make_run("sweep/0", label="a", seed=3, accuracies=[0.5, 0.75, 0.80125])
    make_run("sweep/1", label="b", seed=4, accuracies=[0.25])
    data = read(tmp_path / "sweep")
    assert data["epochs"] == [1, 2, 3]
    assert data["runs"] == [[0, "3"], [1, "4"]]
    assert [variant["name"] for variant in data["variants"]] == ["a", "b"]
    accuracy, loss = data["metrics"]
    assert [panel["label"] for panel in accuracy["panels"]] == ["training accuracy (%)", "validation accuracy (%)"]
    assert accuracy["panels"][1]["values"] == [[50, 75, 80.125], [25]]
    assert loss["panels"][0]["values"] == [[1, 0.5, 0.33333], [1]]


def test_a_value_that_is_no_number_is_a_gap(make_run, tmp_path):
    make_run("sweep/0", accuracies=[0.5, math.nan, 0.75])
    make_run("sweep/1", seed=1, accuracies=[0.5, math.inf, 0.75])
    assert read(tmp_path / "sweep")["metrics"][0]["panels"][1]["values"] == [[50, None, 75]] * 2


def test_the_reach_is_that_of_the_t_interval(make_run, tmp_path):
    for seed in range(4):
        make_run(f"sweep/{seed}", seed=seed)
    reach = read(tmp_path / "sweep")["reach"]
    low, high = stats.t.interval(0.95, 3, loc=0, scale=2 / math.sqrt(4))  # four runs with the standard deviation 2
    assert reach[:2] == [0, 0]
    assert [-reach[4] * 2, reach[4] * 2] == pytest.approx([low, high], abs=1e-4)


def test_too_many_numbers_lose_epochs_evenly_but_never_the_last(make_run, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_MOST", 25)
    make_run("sweep/0", accuracies=[epoch / 10 for epoch in range(10)])
    data = read(tmp_path / "sweep")
    assert data["epochs"] == [2, 4, 6, 8, 10]  # all ten epochs have 50 numbers: four columns and the seconds
    assert data["thinned"]
    assert data["metrics"][0]["panels"][1]["values"] == [[10, 30, 50, 70, 90]]


def test_text_cannot_end_the_element_that_holds_the_data(make_run, tmp_path):
    make_run("sweep/0", label="</script><b>")
    text = charts_of(tmp_path / "sweep")
    assert "<" not in text
    assert json.loads(text)["variants"][0]["name"] == "</script><b>"


def test_steps_and_seconds_are_known_if_they_are_of_every_run(make_run, tmp_path):
    for name, size in (("0", 32), ("1", "full")):
        run = make_run(f"sweep/{name}", overrides=[f"training.batch_size={size}"], accuracies=[0.5] * 3)
        record = json.loads((run / "record.json").read_text())
        record["dataset"]["train"] = 100
        (run / "record.json").write_text(json.dumps(record))
        history = pd.read_csv(run / "history.csv").assign(seconds=[9, 2, 4])
        history.to_csv(run / "history.csv", index=False)
    data = read(tmp_path / "sweep")
    assert data["steps"] == [4, 1]  # 100 examples in batches of 32, and in a single batch
    assert data["seconds"] == [[3, 5, 9]] * 2  # the first epoch (with compilation) counts as the median of the others
    (run / "record.json").write_text(json.dumps(record | {"overrides": []}))
    assert read(tmp_path / "sweep")["steps"] is None


def test_differences_from_the_baseline_are_those_of_the_pairs_at_each_epoch(make_run, tmp_path):
    pairs = {"a": [[0.5, 0.7], [0.6, 0.7]], "b": [[0.6, 0.9], [0.8, 0.8]]}
    for label, seeds in pairs.items():
        for seed, accuracies in enumerate(seeds):
            make_run(f"sweep/{label}{seed}", label=label, seed=seed, accuracies=accuracies)
    found = read(tmp_path / "sweep")["metrics"][-1]
    assert found["label"] == "difference in validation accuracy from a (percentage points)"
    none, curve = found["panels"][0]["curves"]
    assert none is None
    differences = 100 * (np.array(pairs["b"]) - np.array(pairs["a"]))
    assert curve["mean"] == pytest.approx(differences.mean(axis=0))
    low, _ = stats.t.interval(0.95, 1, loc=differences.mean(axis=0), scale=stats.sem(differences))
    assert curve["low"] == pytest.approx(low, rel=1e-4)
    assert curve["n"] == 2
    assert np.array(curve["seeds"]) == pytest.approx(differences)


def test_a_variant_has_one_style_on_all_data_sets(make_run, tmp_path):
    for dataset in ("mnist", "digits"):
        for label in "ab":
            make_run(f"sweep/{label}{dataset}", label=label, dataset=dataset)
    styles = {style.pop("name"): style for style in read(tmp_path / "sweep")["variants"]}
    assert styles["a [mnist]"] == styles["a [digits]"] != styles["b [mnist]"] == styles["b [digits]"]


@pytest.mark.parametrize(("last", "is_log"), [([1e-8], False), ([1e-3] * 20, True)])
def test_a_few_tiny_values_do_not_make_an_axis_logarithmic(make_run, tmp_path, last, is_log):
    rates = [0.1] * 20 + last
    directory = make_run("sweep/0", accuracies=[0.5] * len(rates))
    history = pd.read_csv(directory / "history.csv").assign(learning_rate=rates)
    history.to_csv(directory / "history.csv", index=False)
    (metric,) = [metric for metric in read(tmp_path / "sweep")["metrics"] if metric["name"] == "learning_rate"]
    assert metric["log"] == is_log
