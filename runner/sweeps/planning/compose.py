"""Jobs from overrides, composed by Hydra."""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, RangeSweep
from omegaconf import DictConfig, OmegaConf, open_dict

from runner.config.hydra_guard import refuse_endless
from runner.config.schema import check, resolve
from runner.config.trust import TRUST, read_trusted, refuse_strangers
from runner.core.errors import ConfigError
from runner.run.request import chosen_options
from runner.sweeps.planning.study import MOST

_ZEROS = re.compile(r"-?\d{1,6}0{6,}\.0")  # behind as many digits as `:g` keeps


@dataclass(frozen=True)
class Composed:
    """What some overrides make of the configuration, for any seed."""

    overrides: list[str]
    choices: dict[str, str]
    config: DictConfig
    trusted: tuple[str, ...]  # packages

    def for_seed(self, seed: int) -> dict[str, Any]:
        """Return the checked and resolved configuration.

        Raises:
            ConfigError: if a value is out of range, or a class is not to be trusted.
        """
        with open_dict(self.config):
            self.config.seed = seed
        resolved = resolve(self.config)
        refuse_strangers(resolved, self.trusted)
        check(resolved)
        return resolved


class Composer:
    """Composes as Hydra does for the jobs of a multirun."""

    def __init__(self, loader: ConfigLoader, master: DictConfig) -> None:
        self._loader = loader
        self._master = master
        self._trusted = read_trusted(OmegaConf.to_container(master[TRUST]))
        self._parser = OverridesParser.create(config_loader=loader)

    def parse(self, overrides: Sequence[str]) -> list[Override]:
        """Return overrides as Hydra reads them.

        Raises:
            ConfigError: if one of them is endless.
        """
        refuse_endless(overrides)
        parsed: list[Override] = self._parser.parse_overrides(list(overrides))
        for override in parsed:
            _refuse_odd_range(override)
        return parsed

    def compose(self, overrides: Sequence[str]) -> Composed:
        """Compose what the overrides ask for; of two for one key, the later one counts.

        Raises:
            ConfigError: if an override is not one, or sets the seed.
            HydraException: if a group, option or key does not exist.
        """
        last = {override.get_key_element(): override for override in self.parse(overrides)}
        if "seed" in last:
            raise ConfigError(f"{last['seed'].input_line}: every variant has all seeds; give seeds=[...]")
        if strange := [key for key in last if key == TRUST or key.replace("/", ".").split(".")[0] == "hydra"]:
            raise ConfigError(f"{last[strange[0]].input_line}: of the command alone, not of a variant")
        if swept := [override for override in last.values() if override.is_sweep_override()]:
            raise ConfigError(f"{swept[0].input_line}: a variant takes one value; several belong into study.grid")
        lines = [override.input_line or "" for override in last.values()]
        whole = self._loader.load_sweep_config(self._master, lines)
        choices = chosen_options(whole.hydra, lines)
        with open_dict(whole):
            del whole["hydra"]
        return Composed(lines, choices, whole, self._trusted)

    def axes(self, arguments: Sequence[str]) -> tuple[list[str], dict[str, list[str]]]:
        """Split a command's overrides into single ones, and axes: key -> the overrides it takes in turn.

        Raises:
            ConfigError: for a range that has no list of values.
        """
        single: list[str] = []
        axes: dict[str, list[str]] = {}
        for override in self.parse(arguments):
            key = override.get_key_element()
            if not override.is_sweep_override():
                single.append(override.input_line or "")
            elif override.is_discrete_sweep():
                axes[key] = [f"{key}={_short(value)}" for value in override.sweep_string_iterator()]
            else:
                raise ConfigError(
                    f"{override.input_line}: an interval has no list of values; that is what search is for"
                )
        return single, axes


def _refuse_odd_range(override: Override) -> None:
    value = override.value()
    if not isinstance(value, RangeSweep):
        return
    start, stop, step = value.start or 0, value.stop or 0, value.step
    steps = (stop - start) / step if step else math.nan
    if not 0 < steps <= MOST:
        raise ConfigError(f"{override.input_line}: must be a range of at least one and at most {MOST} values")


def as_override(key: str, value: Any) -> str:
    """Return the override that sets a key to a value from YAML."""
    return f"{key}={_literal(value)}"


def _literal(value: Any) -> str:
    if isinstance(value, list):
        return f"[{','.join(map(_literal, value))}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{_literal(item)}" for key, item in value.items()) + "}"
    return json.dumps(value) if value is None or isinstance(value, bool) else _short(str(value))


def _short(value: str) -> str:
    """Return a large float with its power of ten, 1e+12, where Python and Hydra write out its zeros."""
    return f"{float(value):g}" if _ZEROS.fullmatch(value) else value
