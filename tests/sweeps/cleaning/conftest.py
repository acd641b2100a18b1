"""Directories of runs to clean, with made-up records."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.reporting.conftest import run_maker

Make = Callable[..., Path]
DAY = 86_400


@pytest.fixture
def outputs(tmp_path, monkeypatch) -> Path:
    """The directory `outputs` of an empty working directory."""
    monkeypatch.chdir(tmp_path)
    directory = tmp_path / "outputs"
    directory.mkdir()
    return directory


@pytest.fixture
def make(outputs) -> Make:
    """make("runs/a", "failed", checkpoint=10, model=20, init_from="outputs/runs/b") -> a run's directory.

    Checkpoint and model have this size. Additional arguments are fields of its record.
    """
    recorded = run_maker(outputs)

    def make_run(name, status="completed", checkpoint=0, model=0, init_from=None, **fields):
        path = recorded(name, status=status, **fields)
        config = {"seed": 0, "model": {"init_from": init_from}, "training": {"epochs": 2}}
        (path / "config.yaml").write_text(yaml.safe_dump(config))
        if checkpoint:
            (path / "checkpoint").mkdir()
            (path / "checkpoint" / "state.npz").write_bytes(bytes(checkpoint))
        if model:
            (path / "model.keras").write_bytes(bytes(model))
        return path

    return make_run


@pytest.fixture
def bare(outputs) -> Make:
    """bare("runs/2026-01-01_00-00-00-000000") -> an empty directory that is an hour old."""

    def make_bare(name):
        path = outputs / name
        path.mkdir(parents=True)
        return aged(path, 3600)

    return make_bare


def aged(path: Path, seconds: float) -> Path:
    """Set the age of a file or directory."""
    os.utime(path, (time.time() - seconds,) * 2)
    return path
