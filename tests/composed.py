"""Settings composed by Hydra from `conf/`, as the program composes them."""

from copy import deepcopy
from functools import cache
from typing import TYPE_CHECKING, Any

from hydra import compose, initialize_config_dir

from runner.config.options import LIST_GROUPS
from runner.config.schema import Settings, check, resolve
from runner.core.paths import conf_directory

if TYPE_CHECKING:
    from keras import Model

    from runner.data.dataset import Part


def config(*overrides: str) -> dict[str, Any]:
    return deepcopy(_composed(overrides))


@cache
def _composed(overrides: tuple[str, ...]) -> dict[str, Any]:
    with initialize_config_dir(str(conf_directory()), version_base="1.3"):
        return resolve(compose("config", list(overrides)))


def settings(*overrides: str) -> Settings:
    return check(config(*overrides))


def model_for(chosen: Settings, data: "Part", classes: int, steps_per_epoch: int = 3) -> "Model":
    from runner.run.build import build_model, build_regularizers, loss_name

    return build_model(chosen, data, classes, steps_per_epoch, loss_name(chosen), build_regularizers(chosen))


def choice(group: str, option: str) -> str:
    return f"{group}=[{option}]" if group in LIST_GROUPS else f"{group}={option}"
