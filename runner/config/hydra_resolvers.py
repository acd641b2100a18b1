"""Resolvers for interpolations (`${...}`) in the YAML files, beyond OmegaConf's and Hydra's."""

from collections.abc import Sequence

from omegaconf import OmegaConf
from omegaconf.resolvers import oc

from runner.config.multirun import is_sweep
from runner.config.output_names import sweep_name


def register_resolvers(arguments: Sequence[str]) -> None:
    """Register the resolvers, which depend on the command line.

    `runner.sweep_name` is a sweep's directory below `outputs`. `runner.mode` is MULTIRUN for a sweep without -m.
    `oc.env` reads RUNNER_... variables only, and resolvers that turn text into configuration are removed.
    """
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
