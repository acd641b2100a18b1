"""Hydra's loader of configurations, through its public interface."""

from hydra import initialize_config_dir
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra

from runner.config.hydra_resolvers import register_resolvers
from runner.core.paths import conf_directory
from runner.sweeps.hydra_plugins import register_plugins


def config_loader() -> ConfigLoader:
    """Return a loader of `conf/`, with the program's resolvers and plug-ins."""
    register_resolvers([])
    register_plugins()
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(conf_directory()), version_base="1.3"):
        return GlobalHydra.instance().config_loader()
