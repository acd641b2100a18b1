import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from runner.export.tensorboard import export_tensorboard
from tests import event_files


def test_runs_and_hparams_are_those_of_the_records_and_exporting_twice_adds_nothing(study, alone, tmp_path, left_out):
    for _ in range(2):
        assert export_tensorboard([study, alone], left_out) == 6
        assert len(list(tmp_path.rglob("events.out.tfevents.*"))) == 7
    read = event_files.scalars(alone)
    assert read["val_accuracy"] == [(1, 0.5), (2, 0.75)]
    assert read["gradients/hidden.gradient"] == [(1, 0.5), (2, 0.25)]
    assert event_files.scalars(study / "heavy1")["test_accuracy"] == [(2, float(np.float32(0.8)))]
    sessions = {
        (shown["variant"], shown["seed"]): group.sessions[0]
        for group in event_files.session_groups(study)
        for shown in [event_files.hyperparameters(group)]
    }
    assert len(sessions) == 5
    assert sessions["heavy", 1].end_time_secs - sessions["heavy", 1].start_time_secs == 60


def test_scalars_have_the_times_of_the_training_and_a_sweep_has_its_findings(study, left_out):
    export_tensorboard([study], left_out)
    events = EventAccumulator(str(study / "plain0" / "tensorboard"))
    events.Reload()
    first, second = (event.wall_time for event in events.Tensors("val_accuracy"))
    assert second - first == 10
    events = EventAccumulator(str(study / "tensorboard"))
    events.Reload()
    (event,) = events.Tensors("findings")
    assert event.tensor_proto.string_val[0].decode().startswith("plain (mean test accuracy 75.00%")


def test_it_needs_no_tensorflow(alone, shell):
    code = """
import sys
from pathlib import Path
from runner.core.omissions import LeftOut
from runner.export.tensorboard import export_tensorboard
from runner.export import mlflow, csv
print(export_tensorboard([Path("alone")], LeftOut()), "tensorflow" in sys.modules, "keras" in sys.modules)
"""
    (alone.parent / "code.py").write_text(code)
    done = shell("python code.py", cwd=alone.parent)
    assert done.stdout == "1 False False\n", done.stderr
