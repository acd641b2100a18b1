"""Resolvers for interpolations (`${...}`) in the YAML files, beyond OmegaConf's and Hydra's."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from omegaconf import OmegaConf
from omegaconf.resolvers import oc

from runner.config.multirun import is_sweep
from runner.config.options import options_table
from runner.config.output_names import sweep_name
from runner.core.paths import conf_directory

_CONFIG_DIR_FLAGS = ("--config-dir", "-cd")


def register_resolvers(arguments: Sequence[str]) -> None:
    """Register the resolvers, which depend on the command line.

    `runner.options` is the table of options in `conf/` and in the user's `--config-dir`. `runner.sweep_name` is a
    sweep's directory below `outputs`. `runner.mode` is MULTIRUN for a sweep without -m. `oc.env` reads RUNNER_...
    variables only, and resolvers that turn text into configuration are removed.
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
    """Return an environment variable, unless it may be a secret that would end up in a record or a URL."""
    if not name.startswith("RUNNER_"):
        raise ValueError(f"{name}: a configuration may read only environment variables named RUNNER_...")
    value: str | None = oc.env(name, *default)
    return value
