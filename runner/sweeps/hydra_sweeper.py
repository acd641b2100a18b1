"""Hydra sweeper that plans, checks and trains a grid, a study or a search, and writes its report."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf
from rich.console import Console

from runner.config.overrides import Override, override_key
from runner.config.schema import SWEEP_KEYS, check
from runner.config.trust import TRUST
from runner.core.errors import ConfigError, Stopped, UserError
from runner.core.terminal import Terminal, show_warning, waiting
from runner.core.write import write_text
from runner.data.dataset import DataNotFound
from runner.records.job import Job
from runner.records.sweep_directory import is_sweep_directory
from runner.run.instantiate import make
from runner.run.prepare import fallback_warning, names_a_place
from runner.sweeps.hydra_launchers import PoolLauncher
from runner.sweeps.planning.candidates import candidates
from runner.sweeps.planning.compose import Composer
from runner.sweeps.planning.folds import cross_validated, read_folds
from runner.sweeps.planning.plan import Plan, sharing
from runner.sweeps.planning.recorded import in_recorded_order, refuse_another_question
from runner.sweeps.planning.sources import source_candidates
from runner.sweeps.planning.study import Study, read_seeds, read_study
from runner.sweeps.planning.variant import Variant
from runner.sweeps.planning.variants import grid_variants, study_variants
from runner.sweeps.run_plan import conduct, refuse_missing_data
from runner.sweeps.search.growing import Growth
from runner.sweeps.search.request import read_search, refuse_both_forms, search_names
from runner.sweeps.search.samplers import refuse_missing_library

_SETTINGS = "multirun.yaml"  # settings of the sweep, under Hydra's name; without a plan, the plan is being checked
_NOT_OF_A_RUN = (*SWEEP_KEYS, TRUST, "launcher")


class StudySweeper(Sweeper):
    """Sweeper that plans, checks and trains the runs of a command, and reports on them."""

    __module__ = "hydra_plugins.runner"  # Hydra 1.3 accepts plug-ins only from this namespace

    def __init__(self, params: dict[str, str] | None = None) -> None:
        self._params = params or {}  # axes in the configuration file, as for Hydra's own sweeper

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Store the composed configuration, and create the launcher."""
        self.config = config
        self.hydra_context = hydra_context
        self._begun: Callable[[Path], None] = getattr(task_function, "begun", _ignored)
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> None:
        """Run the sweep; raise Stopped, with the exit code, if it fails."""
        assert self.config is not None
        assert self.hydra_context is not None
        if not isinstance(self.launcher, PoolLauncher):
            raise ConfigError("hydra/launcher: runner's sweeper needs one of runner's launchers (launcher=local)")
        console = Terminal()
        composer = Composer(self.hydra_context.config_loader, self.config)
        directory = Path(self.config.hydra.sweep.dir)
        params = [f"{key}={value}" for key, value in self._params.items()]
        try:
            options = {key: _switch(self.config, key) for key in ("dry_run", "fail_fast")}
            with waiting(console, "planning the runs"):
                plan, growth = plan_sweep(self.config, [*params, *arguments], composer, console)
            plan = replace(plan, launcher=_plain(self.config.hydra.launcher), command=sys.argv[1:])
            if growth:
                with search_names() if self.config.get("search") is not None else nullcontext():
                    plan = growth.continued(plan, directory)
            plan = in_recorded_order(plan.where_runs_lie(directory), directory, console)
            refuse_missing_data(plan.jobs)
            if not options["dry_run"]:
                refuse_another_question(plan.jobs, directory)
            settings = None if options["dry_run"] else OmegaConf.to_yaml(self.config)
            with begun_in(directory, settings), closing(self.launcher.pool()) as pool:
                self._begun(directory)
                conduct(plan, directory, pool, console, growth=growth, **options)
        except UserError as error:
            raise Stopped(error.exit_code) from error


@contextmanager
def begun_in(directory: Path, settings: str | None) -> Iterator[None]:
    """Create the directory of a sweep; remove what was created if no plan is written to it, because a check failed.

    Another command may begin in the directory at the same time; its settings stay.

    Args:
        settings: the content of the file of settings; None: none is written.
    """
    path = directory / _SETTINGS
    created = [one for one in (directory, *directory.parents) if not one.exists()]
    own = None
    directory.mkdir(parents=True, exist_ok=True)
    try:
        if settings is not None:
            existed = path.exists()
            write_text(path, settings)
            own = None if existed else path.stat().st_ino
        yield
    finally:
        if not is_sweep_directory(directory):
            with suppress(OSError):  # a directory is not empty, or the file is gone
                if own is not None and path.stat().st_ino == own:
                    path.unlink()
                for one in created:
                    one.rmdir()


def _ignored(_: Path) -> None:
    """Do nothing; default for applications that do not define `begun`."""


def _switch(config: DictConfig, key: str) -> bool:
    value = config[key]
    if not isinstance(value, bool):
        raise ConfigError(f"{key}={value}: must be true or false")
    return value


def plan_sweep(
    config: DictConfig, arguments: Sequence[str], composer: Composer, console: Console
) -> tuple[Plan, Growth | None]:
    """Return the runs of a command, composed and checked against the schema.

    For a tuned study whose points depend on results, these are the first runs, with a `Growth` to plan the others.

    Args:
        config: composed without the swept overrides.
        arguments: the command's overrides.

    Raises:
        UserError: if a variant cannot be run.
    """
    if config.get("search") is not None:
        return _plan_search(config, arguments, composer, console)
    single, axes = composer.axes(arguments)
    for key in ("study", "search"):
        given = axes.get(key) or [override for override in single if override_key(override) == key]
        if len(given) > 1 or "=[" in "".join(given):
            raise ConfigError(f"{' '.join(given)}: one {key} at a time")
    single = [override for override in single if not _is_of_the_sweep(override)]
    seeds, folds = _seeds(config, single, axes), _folds(config, axes)
    if config.get("study") is None:
        folds = read_folds(folds)
        wanted = read_seeds([config.seed] if seeds is None else seeds)
        jobs = _grid_jobs(axes, single, folds, wanted, composer)
        if data := _embedded_data(single, axes, composer, console):  # checked last, because reading data is slow
            jobs = _grid_jobs(axes, [*data, *single], folds, wanted, composer)
        return Plan(jobs), None
    is_off = folds is None and any(override_key(one) == "folds" for one in arguments)  # folds=null
    study = read_study(_plain(config.study), seeds, folds, cross_validate=not is_off)
    variants = cross_validated(study_variants(study, axes, single, composer), study.folds)
    return _plan_study(study, variants, composer, console)


def _grid_jobs(
    axes: Mapping[str, list[str]], single: Sequence[str], folds: int | None, seeds: Sequence[int], composer: Composer
) -> list[Job]:
    """Return the runs of a command's grid."""
    cells = candidates(cross_validated(grid_variants(axes, single), folds), composer)
    return sharing(job for cell in cells for job in cell.jobs(seeds, "final"))


def _plan_search(
    config: DictConfig, arguments: Sequence[str], composer: Composer, console: Console
) -> tuple[Plan, Growth | None]:
    """Return the first runs of a search, whose axes are the keys with several values."""
    if config.get("study") is not None:
        raise ConfigError("search: a study tunes its variants itself (study.tune); use one of the two")
    if config.get("folds") is not None:
        raise ConfigError("folds: a search chooses by validation score and needs none; cross-validate its best values")
    overrides = composer.parse(arguments)
    refuse_both_forms([override.key_or_group for override in overrides if override.value() is not None])
    swept = [override for override in overrides if override.is_sweep_override() and override.key_or_group != "seed"]
    single, axes = composer.axes([override.input_line or "" for override in overrides if override not in swept])
    study = read_search(_plain(config.search), swept, _seeds(config, single, axes))
    single = [override for override in single if not _is_of_the_sweep(override)]
    with search_names():
        return _plan_study(study, study_variants(study, {}, single, composer), composer, console)


def _plan_study(
    study: Study, variants: Sequence[Variant], composer: Composer, console: Console
) -> tuple[Plan, Growth | None]:
    if study.tune:
        refuse_missing_library(study.tune)
    found = candidates(variants, composer)
    found += source_candidates(found, study, composer) if study.vary else []
    jobs = sharing(job for candidate in found for job in candidate.planned(study))
    growth = Growth.of(study, variants, composer, console)
    return Plan(jobs, study.model_dump(mode="json")), growth


def _is_of_the_sweep(override: str) -> bool:
    return Override.parse(override).section in _NOT_OF_A_RUN


def _plain(value: Any) -> Any:
    return OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value


def _folds(config: DictConfig, axes: Mapping[str, list[str]]) -> Any:
    """Return the folds of a command; None if not given."""
    if "folds" in axes:
        raise ConfigError(f"{' '.join(axes['folds'])}: one number of folds at a time")
    if "dataset.fold" in axes:
        raise ConfigError(f"{' '.join(axes['dataset.fold'])}: folds=N trains all N folds")
    return _plain(config.folds)


def _seeds(config: DictConfig, single: list[str], axes: dict[str, list[str]]) -> Any:
    """Remove and return the seeds of a command: `seeds=...` or, as in Hydra, `seed=0,1,2`; None if not given."""
    if "seeds" in axes:
        raise ConfigError("seeds: write several as one list: seeds=[0,1,2]")
    seeds = _plain(config.seeds)
    swept = axes.pop("seed", [override for override in single if override.startswith("seed=")])
    single[:] = [override for override in single if not override.startswith("seed=")]
    if not swept:
        return seeds
    if seeds is not None:
        raise ConfigError(f"{swept[0]}: seeds=... is also given; use one of the two")
    return [yaml.safe_load(Override.parse(override).value) for override in swept]


def _embedded_data(single: Sequence[str], axes: Mapping[str, Any], composer: Composer, console: Console) -> list[str]:
    """Return the override for the embedded data set if no data were requested and none are available."""
    asked = {Override.parse(override).section for override in [*single, *axes]}
    if asked & {"dataset", "experiment"}:
        return []
    spec = check(composer.compose([]).for_seed(0)).dataset.spec()
    try:
        make("dataset", spec)
    except DataNotFound as error:
        if names_a_place(spec):
            raise
        show_warning(console, fallback_warning(error))
        return ["dataset=mnist_5k"]
    return []
