import json

import pandas as pd
import pytest

import runner
from runner.core.errors import UserError
from runner.reporting.axis_figures import interaction_shows_all

RATES = ("0.01", "0.1", "1")


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
    with pytest.raises(UserError, match="sensitivity: not drawn, because the figure `interaction` shows the same"):
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
    with pytest.raises(UserError, match="tuning_slices: not drawn, because the figure `sensitivity`"):
        results.figure("tuning_slices")
    with pytest.raises(UserError, match="the order of a grid's points has no meaning"):
        results.figure("tuning_history")


def test_several_tuned_keys_have_slices_and_no_sensitivity_and_a_random_search_its_history(make_run, tmp_path):
    points = [f"optimizer.learning_rate={rate} optimizer.momentum=0.{n}" for n, rate in enumerate(RATES)]
    ranges = {
        "optimizer.learning_rate": {"low": 0.01, "high": 1, "log": True},
        "optimizer.momentum": {"low": 0, "high": 1},
    }
    results = tuned(make_run, tmp_path, points, ranges)
    assert {"tuning_slices", "tuning_history", "tuning_parallel"} <= {*results.figures()}
    with pytest.raises(UserError, match="sensitivity: not drawn, because the figure `tuning_slices`"):
        results.figure("sensitivity")


def test_a_figure_that_no_report_has_is_no_such_figure(make_run, tmp_path):
    make_run("s/0", label="a")
    with pytest.raises(UserError, match="forst: no such figure"):
        runner.load(tmp_path / "s").figure("forst")
