"""Files that a run or a sweep reads from a relative path are also found from another directory."""

import json

import numpy as np
import pytest


@pytest.mark.parametrize("command", [["hydra.run.dir=out"], ["-m", "seed=0,1", "hydra.sweep.dir=out"]])
def test_it_is_resumed_from_elsewhere(quick_cli, tmp_path, command):
    began, elsewhere = tmp_path / "began", tmp_path / "elsewhere"
    began.mkdir()
    elsewhere.mkdir()
    labels = np.arange(60) % 3
    np.savez(began / "own.npz", x=np.random.default_rng(0).random((60, 4)).astype(np.float32), y=labels)
    own = [
        "dataset=npz",
        "preprocessing=standardize",
        "dataset.path=own.npz",
        "training.epochs=1",
        "model.hidden_units=[4]",
    ]
    done = quick_cli(*command, *own, cwd=began)
    assert done.returncode == 0, done.stdout + done.stderr
    records = sorted(began.glob("out/**/record.json"))
    for path in records:
        path.write_text(json.dumps(json.loads(path.read_text()) | {"status": "interrupted"}))
    done = quick_cli("resume", str(began / "out"), cwd=elsewhere)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {json.loads(path.read_text())["status"] for path in records} == {"completed"}
