import json
import shutil

import pandas as pd
import pytest

from runner.core.omissions import LeftOut
from runner.records.sweep_directory import tuning_row
from runner.reporting.tuning.repeated_searches import repeated_curves
from runner.reporting.tuning.tuning_curves import tuning_sentences

METRIC = "val_accuracy"
SCORES = (
    {"sgd": [0.5, 0.9, 0.7], "adam": [0.6, 0.6, 0.8]},
    {"sgd": [0.3, 0.2, 0.6, 0.9], "adam": [0.8, 0.9, 0.1, 0.2]},
)


@pytest.fixture
def searches(tmp_path):
    """Two searches of one study by TPE, with three and with four trials per variant."""
    for number, scores in enumerate(SCORES):
        sweep = tmp_path / str(number)
        sweep.mkdir()
        study = {
            "variants": {"sgd": ["optimizer=sgd"], "adam": ["optimizer=adam"]},
            "tune": {"axes": {"optimizer.learning_rate": {"low": 0.1, "high": 1.0}}, "sampler": "tpe", "budget": 3},
            "seeds": [0, 1],
        }
        (sweep / "plan.json").write_text(json.dumps({"study": study, "command": ["study=x"], "runs": []}))
        rows = [
            tuning_row(
                METRIC, score, variant=variant, point=f"optimizer.learning_rate={number}.{trial}", seeds=1, scored=1,
                chosen=trial == 1, on_edge=False, budget=3, trial=trial, state="completed", run_ids="", epochs=1,
                planned_epochs=1,
            )
            for variant, own in scores.items()
            for trial, score in enumerate(own)
        ]  # fmt: skip
        pd.DataFrame(rows).to_csv(sweep / "tuning.csv", index=False)
    return [tmp_path / "0", tmp_path / "1"]


def test_the_curves_are_means_over_the_searches_up_to_the_budget_that_both_reach(searches):
    curves = repeated_curves(searches, LeftOut())
    assert set(curves["kind"]) == {"repeated"}
    sgd, adam = (curves[curves["variant"] == name] for name in ("sgd", "adam"))
    assert sgd["budget"].tolist() == [1, 2, 3]
    assert sgd["expected"].tolist() == pytest.approx([0.4, 0.6, 0.75])  # means of 0.5, 0.9, 0.9 and 0.3, 0.3, 0.6
    assert sgd["low"].tolist() == pytest.approx([0.3, 0.3, 0.6])
    assert adam["high"].tolist() == pytest.approx([0.8, 0.9, 0.9])
    assert adam["place"].tolist() == [1, 1, 1]
    (said,) = tuning_sentences(curves, ["sgd", "adam"])
    assert "best validation accuracy so far, on average over the searches (85.00% at 3 points, sgd 75.00%)" in said


def test_a_copy_of_a_search_is_no_repetition(searches, tmp_path):
    copy = shutil.copytree(searches[0], tmp_path / "copy")
    assert repeated_curves([searches[0], copy], LeftOut()) is None
    with_copy = repeated_curves([*searches, copy], LeftOut())
    pd.testing.assert_frame_equal(with_copy, repeated_curves(searches, LeftOut()))


@pytest.mark.parametrize(
    "other", [{"sampler": "cmaes"}, {"axes": {"optimizer.learning_rate": {"low": 0.2, "high": 1.0}}}]
)
def test_searches_that_differ_in_more_than_the_seed_are_not_averaged(searches, other):
    plan = searches[1] / "plan.json"
    content = json.loads(plan.read_text())
    content["study"]["tune"] |= other
    plan.write_text(json.dumps(content))
    assert repeated_curves(searches, LeftOut()) is None


def test_points_that_do_not_depend_on_each_other_need_no_repetition(searches):
    for sweep in searches:
        plan = sweep / "plan.json"
        plan.write_text(plan.read_text().replace('"tpe"', '"random"'))
    assert repeated_curves(searches, LeftOut()) is None
