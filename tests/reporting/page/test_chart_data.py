import json
import math

import pytest
from scipy import stats

from runner.core.omissions import LeftOut
from runner.reporting.collection.collect import find_runs
from runner.reporting.page import chart_data as module
from runner.reporting.page.chart_data import chart_data
from runner.reporting.result_reader import Wish, read_results


def read(path):
    left_out = LeftOut()
    return json.loads(chart_data(read_results(find_runs([path], left_out), [path], Wish(), left_out)))


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
    monkeypatch.setattr(module, "_MOST", 20)
    make_run("sweep/0", accuracies=[epoch / 10 for epoch in range(10)])
    data = read(tmp_path / "sweep")
    assert data["epochs"] == [2, 4, 6, 8, 10]  # four columns of ten epochs are twice as many
    assert data["thinned"]
    assert data["metrics"][0]["panels"][1]["values"] == [[10, 30, 50, 70, 90]]


def test_text_cannot_end_the_element_that_holds_the_data(make_run, tmp_path):
    make_run("sweep/0", label="</script><b>")
    left_out = LeftOut()
    results = read_results(find_runs([tmp_path / "sweep"], left_out), [tmp_path / "sweep"], Wish(), left_out)
    assert "<" not in chart_data(results)
    assert json.loads(chart_data(results))["variants"][0]["name"] == "</script><b>"
