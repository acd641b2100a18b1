"""Settings composed by Hydra from `conf/`, as the program composes them."""

from hydra import compose, initialize_config_dir

from runner.config.locations import conf_directory
from runner.config.schema import Settings, check, resolve

LIST_GROUPS = ("augmentation", "regularizer", "callbacks", "diagnostics")


def settings(*overrides: str) -> Settings:
    with initialize_config_dir(str(conf_directory()), version_base="1.3"):
        return check(resolve(compose("config", list(overrides))))


def choice(group: str, option: str) -> str:
    return f"{group}=[{option}]" if group in LIST_GROUPS else f"{group}={option}"
