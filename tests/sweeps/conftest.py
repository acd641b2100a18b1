from collections.abc import Sequence

import pytest
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.utils import create_config_search_path
from hydra.types import RunMode

from runner.config.hydra_resolvers import register_resolvers
from runner.core.paths import conf_directory
from runner.sweeps.hydra_plugins import register_plugins
from runner.sweeps.planning.compose import Composed, Composer


class Remembering(Composer):
    """Composes the same overrides once for all tests: a tenth of a second each."""

    def compose(self, overrides: Sequence[str]) -> Composed:
        composed = vars(self).setdefault("composed", {})
        if (*overrides,) not in composed:
            composed[*overrides,] = super().compose(overrides)
        return composed[*overrides,]


@pytest.fixture(scope="session")
def composer() -> Composer:
    """Composes jobs from conf/, as a multirun does."""
    register_resolvers([])
    register_plugins()
    loader = ConfigLoaderImpl(create_config_search_path(str(conf_directory())))
    return Remembering(loader, loader.load_configuration("config", ["hydra.mode=MULTIRUN"], RunMode.MULTIRUN))
