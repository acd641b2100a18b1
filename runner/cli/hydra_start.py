"""Start-up of Hydra with the application, without the steps that runner does not need."""

import string
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import hydra
import hydra._internal.hydra
from hydra._internal.hydra import Hydra
from hydra.types import RunMode
from omegaconf import DictConfig

from runner.cli.train import Application
from runner.config.hydra_guard import guard_hydra
from runner.config.hydra_resolvers import register_resolvers
from runner.config.multirun import is_sweep
from runner.config.options import options_table
from runner.config.overrides import override_key
from runner.core.paths import conf_directory

CHECKED_WITH = "Hydra 1.3.8"  # version whose private class is used below

_CONFIG_DIR_FLAGS = ("--config-dir", "-cd")


class QuickHydra(Hydra):
    """Hydra that composes a run only once, and loads the sweeper and the launchers only if a command needs them."""

    def get_mode(self, config_name: str | None, overrides: list[str]) -> Any:
        """Return the value of `hydra.mode`, without composing unless the command sets it; see `conf/config.yaml`."""
        if "hydra.mode" in map(override_key, overrides):
            return super().get_mode(config_name, overrides)
        return RunMode.MULTIRUN if is_sweep(overrides) else None

    def compose_config(self, *args: Any, **kwargs: Any) -> DictConfig:
        """Return a composed configuration; for a sweep, load the plug-ins that Hydra instantiates next."""
        config = super().compose_config(*args, **kwargs)
        if kwargs["run_mode"] is RunMode.MULTIRUN:
            _register_plugins()
        return config

    def show_info(self, *args: Any, **kwargs: Any) -> None:
        """Print the information for `--info`."""
        _register_plugins()
        super().show_info(*args, **kwargs)

    def get_help(self, help_cfg: DictConfig, cfg: DictConfig, args_parser: ArgumentParser, resolve: bool) -> str:
        """Return a help page; on runner's page, a table of options replaces Hydra's list of groups."""
        template = help_cfg.template
        if "$OPTIONS" not in template:
            return super().get_help(help_cfg, cfg, args_parser, resolve)
        table = options_table([conf_directory(), *_own_directories(sys.argv[1:])])
        return string.Template(template).substitute(HEADER=help_cfg.header, OPTIONS=table, FOOTER=help_cfg.footer)


def start(application: Application, arguments: list[str]) -> None:
    """Let Hydra read the command line, compose, and call the application or the sweeper.

    Args:
        arguments: the command line.
    """
    guard_hydra()
    register_resolvers(arguments)
    hydra._internal.hydra.Hydra = QuickHydra  # type: ignore[misc]
    hydra.main(config_path=str(conf_directory()), config_name="config", version_base="1.3")(application)()


def _own_directories(arguments: Sequence[str]) -> Iterator[Path]:
    """Yield the user's directories of options."""
    for argument, following in pairwise([*arguments, ""]):
        flag, given, value = argument.partition("=")
        if flag in _CONFIG_DIR_FLAGS:
            yield Path(value if given else following)


def _register_plugins() -> None:
    from runner.sweeps.hydra_plugins import register_plugins

    register_plugins()
