"""Candidates: the variants of a study or grid at their tuning points, composed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from runner.config.hydra_errors import composition_message
from runner.config.identity import run_id
from runner.config.output_names import directory_name
from runner.core.errors import ConfigError
from runner.core.paths import working_directory
from runner.records.job import Job, Phase
from runner.sweeps.planning.compose import Composed, Composer
from runner.sweeps.planning.plan import in_variant
from runner.sweeps.planning.study import Study
from runner.sweeps.planning.variant import Variant


@dataclass(frozen=True)
class Candidate:
    """A variant at one tuning point, for all seeds."""

    variant: Variant
    point: list[str]
    composed: Composed

    def jobs(self, seeds: Iterable[int], phase: Phase) -> list[Job]:
        """Return one run per seed and fold.

        Raises:
            ConfigError: naming the variant, if its configuration cannot be run.
        """
        try:
            places = [(seed, fold) for seed in seeds for fold in self._folds]
            configs = [(seed, fold, self.composed.for_seed(seed, fold)) for seed, fold in places]
        except ConfigError as error:
            raise ConfigError(in_variant(self.variant.name, str(error))) from error
        return [self._job(config, seed, fold, phase) for seed, fold, config in configs]

    @property
    def _folds(self) -> Sequence[int | None]:
        return [None] if self.variant.folds is None else range(self.variant.folds)

    def _job(self, config: dict[str, Any], seed: int, fold: int | None, phase: Phase) -> Job:
        identity = run_id(config)
        own = [] if fold is None else [f"dataset.fold={fold}"]
        return Job(
            run_id=identity,
            variant=self.variant.name,
            seed=seed,
            overrides=[*self.composed.overrides, *own, f"seed={seed}"],
            choices=self.composed.choices,
            config=config,
            directory=directory_name(self.variant.name, seed, identity, fold),
            phase=phase,
            point=self.point,
            named=self.variant.named,
            working_directory=working_directory(config),
        )

    def planned(self, study: Study) -> list[Job]:
        """Return its runs in a study: tuning runs and the final runs that may follow, or only final runs.

        Runs that measure a source of variance belong to neither.
        """
        if self.variant.source:
            return self.jobs(study.seeds, "source")
        if not self.variant.points:
            return self.jobs(study.seeds, "final")
        assert study.tune
        return [*self.jobs(study.tune.seeds, "tuning"), *self.jobs(study.seeds, "candidate")]


def candidates(variants: Sequence[Variant], composer: Composer) -> list[Candidate]:
    """Compose every variant at every tuning point.

    Raises:
        ConfigError: a line for each variant that cannot be composed; one line if all fail for the same reason.
    """
    composed: list[Candidate] = []
    wrong: dict[str, str] = {}  # variant -> the error of its first invalid point
    for variant in variants:
        for point in variant.points or [[]]:
            overrides = [*variant.overrides, *point]
            try:
                composed.append(Candidate(variant, point, composer.compose(overrides)))
            except (ConfigError, HydraException, OmegaConfBaseException) as error:
                text = str(error) if isinstance(error, ConfigError) else composition_message(error, overrides)
                wrong[variant.name] = text
                break
    if 1 < len(wrong) == len(variants) and len({*wrong.values()}) == 1:
        raise ConfigError(next(iter(wrong.values())))
    if wrong:
        named = {variant.name for variant in variants if variant.named}
        lines = [in_variant(name, text) if name in named else text for name, text in wrong.items()]
        raise ConfigError("\n".join(dict.fromkeys(lines)))
    return composed
