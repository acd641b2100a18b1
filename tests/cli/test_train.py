import pytest
from omegaconf import OmegaConf

from runner.cli import train
from runner.cli.observer import Observer
from runner.cli.train import Application
from runner.run import execute
from runner.run.request import Request


def test_a_dry_run_is_described_also_if_a_program_asks_for_the_composed_run(tmp_path, monkeypatch):
    described = []
    monkeypatch.setattr(execute, "dry_run", lambda *run: described.append(run))
    monkeypatch.setattr(train, "resolve", lambda _: {})
    monkeypatch.setattr(train, "check", lambda _: None)
    monkeypatch.setattr(Request, "from_hydra", lambda _: Request(tmp_path / "run", {}, [], in_sweep=False))
    application = Application(Observer(composed=lambda *_: pytest.fail("the program would train it")))
    application(OmegaConf.create({"dry_run": True, "trusted_packages": []}))
    assert len(described) == 1
