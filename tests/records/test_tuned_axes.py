import json

from runner.records.sweep_directory import Question
from runner.records.tuned_axes import TunedAxes, TunedAxis


def question(path, tune):
    study = {"variants": {"sgd": [], "adam": []}, "tune": tune}
    (path / "plan.json").write_text(json.dumps({"study": study, "jobs": []}))
    return Question.of(path)


def test_a_plan_has_the_axes_of_each_variant(tmp_path):
    own = {"adam": {"beta": {"low": 0.9, "high": 0.99, "log": "from_one", "when": "model=mlp", "int": False}}}
    asked = question(tmp_path, {"axes": {"rate": [0.1, 1], "norm": ["none", None]}, "per_variant": own, "budget": 4})
    assert asked.tuned_axes.of("sgd", asked.variants) == {
        "rate": TunedAxis(choices=[0.1, 1]),
        "norm": TunedAxis(choices=["none", None]),
    }
    cell = asked.tuned_axes.of("adam,training.epochs=3", asked.variants)
    assert cell == {"beta": TunedAxis(low=0.9, high=0.99, log="from_one")}
    assert asked.budget == 4


def test_a_study_without_tuning_has_no_axes(tmp_path):
    assert question(tmp_path, None).tuned_axes == TunedAxes()
