from runner.export.wandb import export_wandb
from tests import wandb_files


def test_a_study_is_a_group_and_exporting_twice_adds_nothing(study, alone, tmp_path, left_out, processes, monkeypatch):
    monkeypatch.delenv("WANDB_MODE", raising=False)
    for _ in range(2):
        assert export_wandb([study, alone], tmp_path / "out", left_out) == 6
        runs = wandb_files.runs(tmp_path / "out")
        assert len(runs) == 7
    assert {name: (run["group"], run["job_type"]) for name, run in runs.items()} == {
        "steps": ("steps", "study"),
        "plain seed 0": ("steps", "plain"),
        "plain seed 1": ("steps", "plain"),
        "plain seed 7": ("steps", "plain"),
        "heavy seed 0": ("steps", "heavy"),
        "heavy seed 1": ("steps", "heavy"),
        "optimizer=sgd seed 0": ("", "optimizer=sgd"),
    }
    assert "2 seeds are too few" in runs["steps"]["notes"]
    one, failed = runs["heavy seed 1"], runs["optimizer=sgd seed 0"]
    assert [(row["_step"], row["val_accuracy"]) for row in one["history"]] == [(1, 0.5), (2, 0.8)]
    assert (one["summary"]["test_accuracy"], one["config"]["optimizer.learning_rate"]) == (0.8, 0.1)
    assert {"runner/config.yaml", "runner/history.csv", "runner/record.json"} <= {*one["files"]}
    assert (one["exit_code"], failed["exit_code"]) == (0, 1)
    assert [row["gradients/hidden.gradient"] for row in failed["history"]] == [0.5, 0.25]
