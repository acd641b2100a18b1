"""Settings composed by Hydra from `conf/`, as the program composes them."""

from copy import deepcopy
from functools import cache
from typing import Any

from hydra import compose, initialize_config_dir

from runner.config.schema import Settings, check, resolve
from runner.core.paths import conf_directory

LIST_GROUPS = ("augmentation", "regularizer", "callbacks", "diagnostics")


def config(*overrides: str) -> dict[str, Any]:
    return deepcopy(_composed(overrides))


@cache
def _composed(overrides: tuple[str, ...]) -> dict[str, Any]:
    with initialize_config_dir(str(conf_directory()), version_base="1.3"):
        return resolve(compose("config", list(overrides)))


def settings(*overrides: str) -> Settings:
    return check(config(*overrides))


def choice(group: str, option: str) -> str:
    return f"{group}=[{option}]" if group in LIST_GROUPS else f"{group}={option}"
