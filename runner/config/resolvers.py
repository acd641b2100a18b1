"""What our YAML files may write between `${` and `}` beyond OmegaConf's and Hydra's own."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from omegaconf import OmegaConf

from runner.config.locations import conf_directory
from runner.config.naming import is_sweep, sweep_name
from runner.config.options import options_table

_CONFIG_DIR_FLAGS = ("--config-dir", "-cd")


def register_resolvers(arguments: Sequence[str]) -> None:
    """Register what depends on the command line.

    `runner.options` is the table of options in `conf/` and in the user's own `--config-dir`; `runner.sweep_name` is
    where below `outputs` a sweep is kept; `runner.mode` is MULTIRUN where a command asks for a sweep without -m.
    """
    directories = [conf_directory()]
    for argument, following in pairwise([*arguments, ""]):
        flag, given, value = argument.partition("=")
        if flag in _CONFIG_DIR_FLAGS:
            directories.append(Path(value if given else following))
    OmegaConf.register_new_resolver("runner.options", lambda: options_table(directories), replace=True)
    OmegaConf.register_new_resolver("runner.sweep_name", lambda: sweep_name(arguments), replace=True)
    OmegaConf.register_new_resolver("runner.mode", lambda: "MULTIRUN" if is_sweep(arguments) else None, replace=True)
