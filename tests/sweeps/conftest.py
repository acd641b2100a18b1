import pytest
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.utils import create_config_search_path
from hydra.types import RunMode

from runner.config.locations import conf_directory
from runner.config.resolvers import register_resolvers
from runner.sweeps.composition import Composer
from runner.sweeps.plugins import register_plugins


@pytest.fixture(scope="session")
def composer() -> Composer:
    """Composes jobs from conf/, as a multirun does."""
    register_resolvers([])
    register_plugins()
    loader = ConfigLoaderImpl(create_config_search_path(str(conf_directory())))
    return Composer(loader, loader.load_configuration("config", ["hydra.mode=MULTIRUN"], RunMode.MULTIRUN))
