from dataclasses import replace

from runner.records.description import parameters, tags, text_files
from tests.engine.test_tensorboard import RECORD

CHOSEN = replace(
    RECORD,
    seed=3,
    choices={"optimizer": "sgd", "device": "cpu", "tracking": "[mlflow]"},
    label="plain",
    dataset={"name": "mnist", "fingerprint": "f" * 64},
    code={"commit": "c" * 40, "dirty": False},
)


def test_parameters_are_the_choices_and_keys_that_can_change_the_result():
    config = {
        "name": "any",
        "seed": 3,
        "optimizer": {"_target_": "keras.optimizers.SGD", "_partial_": True, "learning_rate": 0.1, "momentum": None},
        "model": {"hidden_units": [4, 4], "small": True},
        "dataset": {"root": "/data", "train_size": 0},
        "device": {"kind": "cpu", "precision": "mixed_float16"},
        "tracking": {"mlflow": {"experiment": "x"}},
    }
    assert parameters(CHOSEN, config) == {
        "optimizer": "sgd",
        "seed": 3,
        "optimizer.learning_rate": 0.1,
        "model.hidden_units": [4, 4],
        "dataset.train_size": 0,
        "device.precision": "mixed_float16",
    }


def test_tags_name_the_study_of_a_run_in_a_sweep_and_leave_out_what_is_unknown(tmp_path):
    run = tmp_path / "steps" / "plain0"
    run.mkdir(parents=True)
    assert "study" not in tags(replace(CHOSEN, code={}), run)
    assert "commit" not in tags(replace(CHOSEN, code={}), run)
    (tmp_path / "steps" / "plan.json").touch()
    assert tags(CHOSEN, run) == {
        "variant": "plain", "seed": "3", "study": "steps", "run_id": "0123456789ab", "name": "run",
        "status": "running", "dataset": "mnist", "fingerprint": "f" * 64, "commit": "c" * 40, "directory": str(run),
    }  # fmt: skip


def test_files_are_tables_figures_and_settings_but_no_links_and_no_arrays(tmp_path):
    for name in ("history.csv", "loss.png", "config.yaml", "record.json", "run.log", "model.keras", "predictions.npz"):
        (tmp_path / name).touch()
    (tmp_path / "secret.csv").symlink_to("/etc/passwd")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / ".hidden.csv").touch()
    assert [path.name for path in text_files(tmp_path)] == [
        "config.yaml", "history.csv", "loss.png", "record.json", "run.log",
    ]  # fmt: skip
