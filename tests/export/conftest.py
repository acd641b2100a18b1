"""Made-up study with two variants of two seeds each and a tuning run, and a run outside sweeps."""

import json
import zlib
from pathlib import Path

import pytest
import yaml

from runner.core.omissions import LeftOut
from tests.reporting.conftest import few_resamples, run_maker

__all__ = ["few_resamples"]

CONFIG = {
    "name": "run",
    "seed": 0,
    "optimizer": {"_target_": "keras.optimizers.SGD", "learning_rate": 0.1},
    "dataset": {"name": "mnist", "root": "/data"},
    "regularizer": {},
}
ACCURACIES = {"plain": (0.5, 0.75), "heavy": (0.5, 0.8)}


def write_run(base: Path, name: str, **values) -> Path:
    """Write a run of two epochs that took ten seconds each."""
    run_id = f"{zlib.crc32(name.encode()):012x}"
    usual = {"finished": "2026-01-01T00:01:00+00:00", "code": {"commit": "c" * 40}, "run_id": run_id}
    run = run_maker(base)(name, **usual | values)
    (run / "config.yaml").write_text(yaml.safe_dump(CONFIG | {"seed": values.get("seed", 0)}))
    rows = (run / "history.csv").read_text().splitlines()
    (run / "history.csv").write_text("\n".join([f"{rows[0]},seconds", *(f"{row},10.0" for row in rows[1:])]) + "\n")
    return run


@pytest.fixture
def study(tmp_path, few_resamples) -> Path:
    """The study's directory."""
    path = tmp_path / "steps"
    lines = ["phase,variant,directory", "tuning,plain,tuned"]
    write_run(path, "tuned", seed=7, label="plain", overrides=["optimizer=sgd"])
    for variant, accuracies in ACCURACIES.items():
        for seed in (0, 1):
            name = f"{variant}{seed}"
            write_run(path, name, seed=seed, label=variant, accuracies=accuracies, overrides=[f"optimizer={variant}"])
            lines.append(f"final,{variant},{name}")
    (path / "plan.csv").write_text("\n".join(lines) + "\n")
    asked = {"question": "Does momentum help?", "variants": {"plain": [], "heavy": []}}
    (path / "plan.json").write_text(json.dumps({"study": asked, "command": ["study=steps"]}))
    return path


@pytest.fixture
def alone(tmp_path) -> Path:
    """The directory of a run outside sweeps, with gradients."""
    run = write_run(tmp_path, "runs/alone", overrides=["optimizer=sgd"], status="failed", error="Traceback\nE: no")
    (run / "gradients.csv").write_text("epoch,hidden.gradient\n1,0.5\n2,0.25\n")
    (run / "steps.csv").write_text("step,loss\n1,9.0\n")
    return run


@pytest.fixture
def left_out() -> LeftOut:
    return LeftOut()
