"""What our YAML files may write between `${` and `}` beyond OmegaConf's and Hydra's own."""

from collections.abc import Sequence
from pathlib import Path

from omegaconf import OmegaConf

from runner.config.locations import conf_directory
from runner.config.options import options_table

_CONFIG_DIR_FLAGS = ("--config-dir", "-cd")


def register_resolvers(arguments: Sequence[str]) -> None:
    """Register `runner.options`, the table of options in `conf/` and in the user's own `--config-dir`."""
    own = [
        Path(argument.partition("=")[2] if "=" in argument else following)
        for argument, following in zip(arguments, [*arguments[1:], ""], strict=True)
        if argument.partition("=")[0] in _CONFIG_DIR_FLAGS
    ]
    OmegaConf.register_new_resolver("runner.options", lambda: options_table([conf_directory(), *own]), replace=True)
