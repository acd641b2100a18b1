"""Sweep made by hand, with a report, for bundles."""

from pathlib import Path

import pytest

from runner.core.write import write_csv
from tests.composed import config
from tests.torture.hostile import write_sweep


@pytest.fixture
def sweep(tmp_path) -> Path:
    """A finished sweep of four runs on the digits, with a page, a figure and a summary that stand for its report."""
    path = tmp_path / "sweep"
    write_sweep(path, config("dataset=digits"))
    (path / "index.html").write_text("<p>all of it</p>\n")
    (path / "accuracy.svg").write_text("<svg/>\n")
    write_csv(path / "summary.csv", [{"run_id": f"{name}{seed}"} for name in ("sgd", "adam") for seed in (0, 1)])
    for run in path.glob("*-*"):
        (run / "model.keras").write_bytes(b"weights")
    return path
