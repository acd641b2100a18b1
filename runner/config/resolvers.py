"""What our YAML files may write between `${` and `}` beyond OmegaConf's and Hydra's own."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from omegaconf import OmegaConf
from omegaconf.resolvers import oc

from runner.config.locations import conf_directory
from runner.config.multirun import is_sweep
from runner.config.naming import sweep_name
from runner.config.options import options_table

_CONFIG_DIR_FLAGS = ("--config-dir", "-cd")


def register_resolvers(arguments: Sequence[str]) -> None:
    """Register what depends on the command line.

    `runner.options` is the table of options in `conf/` and in the user's own `--config-dir`; `runner.sweep_name` is
    where below `outputs` a sweep is kept; `runner.mode` is MULTIRUN where a command asks for a sweep without -m. Of the
    environment `oc.env` tells RUNNER_... alone, and what makes configuration out of text is taken away.
    """
    directories = [conf_directory()]
    for argument, following in pairwise([*arguments, ""]):
        flag, given, value = argument.partition("=")
        if flag in _CONFIG_DIR_FLAGS:
            directories.append(Path(value if given else following))
    OmegaConf.register_new_resolver("runner.options", lambda: options_table(directories), replace=True)
    OmegaConf.register_new_resolver("runner.sweep_name", lambda: sweep_name(arguments), replace=True)
    OmegaConf.register_new_resolver("runner.mode", lambda: "MULTIRUN" if is_sweep(arguments) else None, replace=True)
    OmegaConf.register_new_resolver("oc.env", _environment, replace=True)
    for name in ("oc.create", "oc.decode"):
        OmegaConf.clear_resolver(name)


def _environment(name: str, *default: str | None) -> str | None:
    """Return a variable of the environment, unless it may be a secret that a record or a URL must not tell."""
    if not name.startswith("RUNNER_"):
        raise ValueError(f"{name}: of the environment, a configuration reads variables RUNNER_... alone")
    value: str | None = oc.env(name, *default)
    return value
