"""Request for one run: its directory, choices and overrides, without the configuration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from runner.config.options import LIST_GROUPS, ONE_OPTION_GROUPS
from runner.config.overrides import Override
from runner.config.trust import TRUST
from runner.core.errors import ConfigError
from runner.records.record import RunRecord

SWEEP_GROUPS = ("study", "search", "launcher")  # they define a sweep, not a run


@dataclass(frozen=True)
class Request:
    """The directory of a run, and the choices and overrides of its command."""

    directory: Path
    choices: dict[str, str]
    overrides: list[str]
    in_sweep: bool
    variant: str | None = None  # its name in reports, if any
    hydra: Mapping[str, str] = field(default_factory=dict)  # Hydra's files of a run, by name
    working_directory: str | None = None  # base of relative paths; None: the current directory
    stack: Sequence[dict[str, Any]] = ()  # see RunRecord

    @classmethod
    def from_hydra(cls, config: DictConfig) -> Self:
        """Read the request of the job that Hydra is running.

        Args:
            config: the configuration that Hydra passed to the job.

        Raises:
            ConfigError: if a list of options was given to a group that allows only one.
        """
        hydra = HydraConfig.get()
        # Unresolved: an override may contain an interpolation that only the configuration can resolve.
        given: list[str] = OmegaConf.to_container(hydra.overrides.task)  # type: ignore[assignment]
        overrides = [override for override in given if not override.startswith(f"{TRUST}=")]
        return cls(
            directory=Path(hydra.runtime.output_dir),
            choices=chosen_options(hydra, overrides),
            overrides=overrides,
            in_sweep=False,
            hydra={
                "config.yaml": OmegaConf.to_yaml(config),
                "hydra.yaml": OmegaConf.to_yaml({"hydra": hydra}),
                "overrides.yaml": OmegaConf.to_yaml(given),
            },
        )

    @classmethod
    def of_record(cls, record: RunRecord, directory: Path, *, in_sweep: bool) -> Self:
        """Return the request of a recorded run, to resume or repeat it in a directory."""
        return cls(
            directory,
            record.choices,
            record.overrides,
            in_sweep=in_sweep,
            variant=record.label,
            working_directory=record.working_directory,
        )

    def with_dataset(self, option: str, dataset: Mapping[str, Any]) -> Self:
        """Return the request, with the data set that replaced the configured one in Hydra's files."""
        files = {name: OmegaConf.create(text) for name, text in self.hydra.items() if name != "overrides.yaml"}
        if "config.yaml" in files:
            OmegaConf.update(files["config.yaml"], "dataset", dict(dataset), merge=False)
        if "hydra.yaml" in files:
            OmegaConf.update(files["hydra.yaml"], "hydra.runtime.choices.dataset", option)
        return replace(self, hydra={**self.hydra, **{name: OmegaConf.to_yaml(file) for name, file in files.items()}})

    def chose(self, *groups: str) -> bool:
        """Return whether one of the groups, or one of their keys, was overridden."""
        return any(Override.parse(override).section in groups for override in self.overrides)


def chosen_options(hydra: Any, overrides: Sequence[str]) -> dict[str, str]:
    """Return the option of each group that allows only one, from the `hydra` node of a composed configuration.

    Raises:
        ConfigError: if a list of options was given to a group that allows only one, or an option was given twice.
    """
    for override in overrides:
        given = Override.parse(override)
        if given.key in ONE_OPTION_GROUPS and given.value.startswith("["):  # Hydra would merge the options into one
            raise ConfigError(f"{override}: {given.key} takes one option, not a list")
        if given.key in LIST_GROUPS and len(set(given.items)) < len(given.items):
            raise ConfigError(f"{override}: names an option twice")
    # Hydra lists them in reverse.
    return {
        group: str(option)
        for group, option in reversed(hydra.runtime.choices.items())
        if "/" not in group and option is not None and group not in (*SWEEP_GROUPS, *LIST_GROUPS)
    }
