"""Variants of a sweep are composed as Hydra composes them, but their option files are read only once."""

import pytest
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.config_loader import ConfigLoader
from hydra.errors import ConfigCompositionException
from hydra.types import RunMode
from omegaconf import OmegaConf

from runner.config import hydra_guard
from runner.config.hydra_guard import CHECKED_WITH, GuardedLoader
from tests.contracts import contract
from tests.loader import config_loader


class HydrasOwn(GuardedLoader):
    """Loader that composes every variant from the start."""

    load_sweep_config = ConfigLoaderImpl.load_sweep_config


@pytest.fixture(scope="module")
def loaders() -> tuple[ConfigLoader, ConfigLoader]:
    path = config_loader().get_search_path()
    return GuardedLoader(path), HydrasOwn(path)


@pytest.fixture(scope="module")
def master(loaders):
    return loaders[1].load_configuration("config", ["hydra.job.name=x"], RunMode.MULTIRUN)


VARIANTS = [
    ["optimizer=sgd", "optimizer.learning_rate=0.1"],
    ["optimizer.learning_rate=0.2", "optimizer=sgd"],  # from the same files; the order of the overrides is kept
    ["optimizer=sgd"],
    ["optimizer.learning_rate=0.2"],
    ["regularizer=[l2]", "regularizer.l2.l2=0.5", "optimizer={learning_rate: 2}", "name=x"],
    ["regularizer=[l2]", "+training.extra=[1,2]", "++training.epochs=3"],
    ["schedule=step", "~optimizer.beta_1", "model.hidden_units=[4,4]"],
]


def test_variants_equal_those_of_hydra(loaders, master):
    for variant in VARIANTS * 2:
        with contract("ConfigLoaderImpl._apply_overrides_to_config, get_overrides_dirname", CHECKED_WITH):
            found, expected = (loader.load_sweep_config(master, variant) for loader in loaders)
        assert OmegaConf.to_yaml(found) == OmegaConf.to_yaml(expected), variant
        assert OmegaConf.is_struct(found) == OmegaConf.is_struct(expected)


@pytest.mark.parametrize(
    "variant",
    [
        ["optimizer=adamm"],
        ["optimizer.learning_rat=1"],
        ["optimizer@here=sgd"],
        ["+optimizer.learning_rate=1"],
        ["~optimizer.momentum"],
        ["optimizer=sgd,adam"],
        ["optimizer.learning_rate=1,2"],
        ["training=3", "training.epochs=2"],
    ],
)
def test_errors_equal_those_of_hydra(loaders, master, variant):
    said = []
    for loader in loaders:
        with pytest.raises((ConfigCompositionException, ValueError)) as caught:
            loader.load_sweep_config(master, variant)
        said.append((type(caught.value), str(caught.value)))
    assert said[0] == said[1]


def test_files_are_composed_once_for_all_variants_with_the_same_options(loaders, master, monkeypatch):
    composed = []
    load = ConfigLoaderImpl.load_configuration
    monkeypatch.setattr(
        hydra_guard.ConfigLoaderImpl,
        "load_configuration",
        lambda self, name, overrides, *others, **given: (
            composed.append(overrides) or load(self, name, overrides, *others, **given)
        ),
    )
    for rate in range(1, 4):
        loaders[0].load_sweep_config(master, ["optimizer=lion", f"optimizer.learning_rate={rate}"])
    assert composed == [["hydra.job.name=x", "optimizer=lion"]]
