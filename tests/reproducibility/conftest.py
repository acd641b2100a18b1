"""Made-up sweep with a report, for bundles."""

from pathlib import Path

import pytest

from runner.config.options import LIST_GROUPS
from runner.core.write import write_csv
from tests.torture.hostile import write_sweep

CONFIG = {group: {} for group in LIST_GROUPS} | {
    "dataset": {"_target_": "runner.data.digits.load_digits", "path": None},
    "model": {"_target_": "runner.models.mlp.mlp", "init_from": None},
    "training": {"epochs": 2},
}


@pytest.fixture
def sweep(tmp_path) -> Path:
    """A finished sweep of four runs on the digits, with a page, a figure and a summary in place of a real report."""
    path = tmp_path / "sweep"
    write_sweep(path, CONFIG)
    (path / "index.html").write_text("<p>all of it</p>\n")
    (path / "accuracy.svg").write_text("<svg/>\n")
    write_csv(path / "summary.csv", [{"run_id": f"{name}{seed}"} for name in ("sgd", "adam") for seed in (0, 1)])
    for run in path.glob("*-*"):
        (run / "model.keras").write_bytes(b"weights")
        (run / "inference.npz").write_bytes(b"preprocessing")
    return path
