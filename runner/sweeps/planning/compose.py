"""Composition of configurations from overrides, by Hydra."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, RangeSweep
from omegaconf import DictConfig, OmegaConf, open_dict

from runner.config.hydra_guard import refuse_endless
from runner.config.overrides import short_form
from runner.config.schema import check, resolve
from runner.config.trust import TRUST, read_trusted, refuse_strangers
from runner.core.errors import ConfigError
from runner.run.request import chosen_options
from runner.sweeps.planning.study import MOST


@dataclass(frozen=True)
class Composed:
    """A configuration composed from overrides, for any seed."""

    overrides: list[str]
    choices: dict[str, str]
    config: DictConfig
    trusted: tuple[str, ...]  # the trusted packages

    def for_seed(self, seed: int, fold: int | None = None) -> dict[str, Any]:
        """Return the resolved configuration for a seed and a fold, after checking it.

        Raises:
            ConfigError: if a value is out of range, or a class is not trusted.
        """
        with open_dict(self.config):
            self.config.seed = seed
            if fold is not None:
                self.config.dataset.fold = fold
        resolved = resolve(self.config)
        refuse_strangers(resolved, self.trusted)
        check(resolved)
        return resolved


class Composer:
    """Composer of configurations, as Hydra composes them for the jobs of a multirun."""

    def __init__(self, loader: ConfigLoader, master: DictConfig) -> None:
        self._loader = loader
        self._master = master
        self._trusted = read_trusted(OmegaConf.to_container(master[TRUST]))
        self._parser = OverridesParser.create(config_loader=loader)

    def parse(self, overrides: Sequence[str]) -> list[Override]:
        """Return overrides as Hydra parses them.

        Raises:
            ConfigError: if one is too long to parse, or its range has no value or too many.
        """
        refuse_endless(overrides)
        parsed: list[Override] = self._parser.parse_overrides(list(overrides))
        for override in parsed:
            _refuse_odd_range(override)
        return parsed

    def compose(self, overrides: Sequence[str]) -> Composed:
        """Compose a configuration from overrides; of two for the same key, the later one wins.

        Raises:
            ConfigError: if an override is invalid, sets the seed, or is allowed only on the command line.
            HydraException: if a group, option or key does not exist.
        """
        last = {override.get_key_element(): override for override in self.parse(overrides)}
        if "seed" in last:
            raise ConfigError(f"{last['seed'].input_line}: every variant gets all seeds; use seeds=[...]")
        if strange := [key for key in last if key == TRUST or key.replace("/", ".").split(".")[0] == "hydra"]:
            raise ConfigError(f"{last[strange[0]].input_line}: only valid on the command line, not in a variant")
        if swept := [override for override in last.values() if override.is_sweep_override()]:
            raise ConfigError(f"{swept[0].input_line}: a variant takes one value; put several into study.grid")
        lines = [override.input_line or "" for override in last.values()]
        whole = self._loader.load_sweep_config(self._master, lines)
        choices = chosen_options(whole.hydra, lines)
        with open_dict(whole):
            del whole["hydra"]
        return Composed(lines, choices, whole, self._trusted)

    def axes(self, arguments: Sequence[str]) -> tuple[list[str], dict[str, list[str]]]:
        """Split a command's overrides into single values and axes: key -> one override for each value.

        Raises:
            ConfigError: if an override is an interval, whose values cannot be enumerated.
        """
        single: list[str] = []
        axes: dict[str, list[str]] = {}
        for override in self.parse(arguments):
            key = override.get_key_element()
            if not override.is_sweep_override():
                single.append(override.input_line or "")
            elif override.is_discrete_sweep():
                axes[key] = [f"{key}={short_form(value)}" for value in override.sweep_string_iterator()]
            else:
                raise ConfigError(f"{override.input_line}: an interval has no list of values; use search=optuna")
        return single, axes


def _refuse_odd_range(override: Override) -> None:
    value = override.value()
    if not isinstance(value, RangeSweep):
        return
    start, stop, step = value.start or 0, value.stop or 0, value.step
    steps = (stop - start) / step if step else math.nan
    if not 0 < steps <= MOST:
        raise ConfigError(f"{override.input_line}: must be a range of 1 to {MOST} values")
