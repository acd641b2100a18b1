"""Hydra's composition errors in one short message: key, value, what is allowed, the nearest valid name."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from runner.config.errors import did_you_mean
from runner.config.locations import conf_directory

_HELP = "runner --help lists groups and options, runner --cfg job all keys"


def composition_message(error: HydraException | OmegaConfBaseException, arguments: Sequence[str]) -> str:
    """Return the message for an error that Hydra or OmegaConf raised while composing.

    Args:
        arguments: of the command line.
    """
    text = str(error).strip()
    if isinstance(error, MissingConfigException) and error.options is not None:
        group, _, option = str(error.missing_cfg_file).rpartition("/")
        return f"{group}={option}: no such option{did_you_mean(option, error.options)}; {_HELP}"
    if found := re.search(r"Could not load '([^']+)/([^'/]+)'", text):
        return f"{found[1]}={found[2]}: no such option{did_you_mean(found[2], _options(found[1]))}; {_HELP}"
    if found := re.match(r"Could not (?:override|append to config|delete from config)[^']*'([^']+)'", text):
        return _no_such_key(found[1], arguments)
    if found := re.match(r"Ambiguous value for argument '([^']+)'", text):
        return f"{found[1]}: several values make a sweep, which needs -m; one list is written KEY=[A,B] and quoted"
    if isinstance(error, OverrideParseException):
        return f"{error.override}: not an override; write GROUP=OPTION or KEY=VALUE, quoted where the shell needs it"
    return " ".join(line.strip() for line in text.splitlines() if line.strip())


def _no_such_key(key: str, arguments: Sequence[str]) -> str:
    given = next((argument for argument in arguments if argument.lstrip("+~").partition("=")[0] == key), key)
    config = _composable(arguments)
    parent, _, name = key.partition("@")[0].rpartition(".")
    section = OmegaConf.select(config, parent) if parent else config
    if isinstance(section, DictConfig):
        return f"{given}: no such key{did_you_mean(name, map(str, section))}; {_HELP}"
    groups = [entry.name for entry in conf_directory().iterdir() if entry.is_dir() and entry.name != "hydra"]
    return f"{given}: there is no {parent}{did_you_mean(parent.split('.')[0], groups)}; {_HELP}"


def _options(group: str) -> list[str]:
    return [file.stem for file in (conf_directory() / group).glob("*.yaml")]


def _composable(arguments: Sequence[str]) -> Any:
    """Compose what was chosen of groups, or the defaults alone, to see which keys there are."""
    chosen = [
        argument
        for argument in arguments
        if (conf_directory() / argument.partition("=")[0]).is_dir() and "=" in argument
    ]
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(Path(conf_directory())), version_base="1.3"):
        try:
            return compose("config", chosen)
        except (HydraException, OmegaConfBaseException):
            return compose("config")
