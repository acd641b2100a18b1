"""What was asked of Hydra for one run, apart from the configuration itself."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import OmegaConf

from runner.config.errors import ConfigError

ONE_OPTION_GROUPS = (
    "training",
    "preprocessing",
    "dataset",
    "normalization",
    "initializer",
    "model",
    "optimizer",
    "schedule",
    "clipping",
    "averaging",
    "device",
)
LIST_GROUPS = ("augmentation", "regularizer", "callbacks", "diagnostics")


@dataclass(frozen=True)
class Request:
    """Where a run is written to, and what its command chose and overrode."""

    directory: Path
    choices: dict[str, str]
    overrides: list[str]
    in_sweep: bool

    @classmethod
    def from_hydra(cls) -> Self:
        """Read the request of the job that Hydra is running.

        Raises:
            ConfigError: if a list of options was given to a group that takes one.
        """
        hydra = HydraConfig.get()
        # Hydra lists them backwards.
        choices = {group: str(option) for group, option in reversed(hydra.runtime.choices.items()) if "/" not in group}
        # Unresolved: an override may hold an interpolation of the configuration, which means nothing here.
        overrides: list[str] = OmegaConf.to_container(hydra.overrides.task)  # type: ignore[assignment]
        for override in overrides:
            group, _, option = override.partition("=")
            if group in ONE_OPTION_GROUPS and option.startswith("["):  # which Hydra would merge into one
                raise ConfigError(f"{override}: {group} takes one option, not a list")
        return cls(
            directory=Path(hydra.runtime.output_dir),
            choices={group: option for group, option in choices.items() if option != "None"},
            overrides=overrides,
            in_sweep=hydra.mode == RunMode.MULTIRUN,
        )

    def chose(self, *groups: str) -> bool:
        """Say whether one of the groups, or a key of it, was overridden."""
        keys = [override.partition("=")[0].lstrip("+~") for override in self.overrides]
        return any(key.split(".")[0] in groups for key in keys)
