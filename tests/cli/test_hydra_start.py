import sys

import hydra._internal.hydra
import pytest
from hydra._internal.hydra import Hydra
from hydra._internal.utils import create_config_search_path
from hydra.core.global_hydra import GlobalHydra

from runner.cli.hydra_start import CHECKED_WITH, QuickHydra, start
from runner.config.hydra_guard import GuardedLoader
from runner.config.hydra_resolvers import register_resolvers
from runner.core.paths import conf_directory
from tests.contracts import contract


class Recorder:
    """Application that stores the configuration that Hydra passes to it."""

    config = None

    def __call__(self, config):
        self.config = config


@pytest.fixture
def recorder(monkeypatch, tmp_path):
    """An application in an empty directory; Hydra's own classes are restored afterwards."""
    monkeypatch.chdir(tmp_path)
    for name in ("Hydra", "ConfigLoaderImpl"):
        monkeypatch.setattr(hydra._internal.hydra, name, getattr(hydra._internal.hydra, name))
    yield Recorder()
    GlobalHydra.instance().clear()


def test_a_run_is_composed_once(recorder, monkeypatch):
    overrides_seen = []
    load = GuardedLoader.load_configuration

    def counting(self, config_name, overrides, *args, **kwargs):
        overrides_seen.append([*overrides])
        return load(self, config_name, overrides, *args, **kwargs)

    monkeypatch.setattr(GuardedLoader, "load_configuration", counting)
    monkeypatch.setattr(sys, "argv", ["runner", "optimizer=sgd", "seed=3"])
    with contract("hydra._internal.hydra.Hydra", CHECKED_WITH):
        start(recorder, sys.argv[1:])
        assert overrides_seen == [["optimizer=sgd", "seed=3", "hydra.mode=RUN"]]
        assert (recorder.config.seed, recorder.config.optimizer._target_) == (3, "keras.optimizers.SGD")


@pytest.mark.parametrize(
    "overrides", [[], ["study=smoke"], ["seeds=2"], ["seed=1"], ["hydra.mode=MULTIRUN"], ["hydra.mode=RUN", "seeds=2"]]
)
def test_the_mode_is_that_which_hydra_composes(recorder, overrides):
    register_resolvers(overrides)
    with contract("hydra._internal.hydra.Hydra.get_mode", CHECKED_WITH):
        started = QuickHydra.create_main_hydra2("runner", create_config_search_path(str(conf_directory())))
        assert started.get_mode("config", overrides) == Hydra.get_mode(started, "config", overrides)
