"""Training of recipes, and comparison with their published results."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode
from pydantic import Field, ValidationError, model_validator
from rich.console import Console

from runner.config.hydra_guard import guard_hydra
from runner.config.hydra_resolvers import register_resolvers
from runner.config.ranges import Count
from runner.config.schema import error_lines
from runner.config.section import Section
from runner.core.errors import EXIT_FAILED, EXIT_INTERRUPTED, ConfigError, Stopped, UserError
from runner.core.paths import conf_directory
from runner.core.read_yaml import read_yaml
from runner.core.terminal import Terminal, say, show_warning
from runner.core.text import counted, did_you_mean
from runner.core.write import write_csv
from runner.records.provenance import code_hash
from runner.records.run_directory import RunDirectory
from runner.reproducibility.published import Data, Expectation, Judgement, judge, verification_table
from runner.sweeps.hydra_launchers import LocalLauncher
from runner.sweeps.outcome import read_status
from runner.sweeps.planning.candidates import candidates
from runner.sweeps.planning.compose import Composer
from runner.sweeps.planning.plan import Plan
from runner.sweeps.planning.variant import Variant
from runner.sweeps.pool_training import Sweep, finished
from runner.sweeps.pools.base import Pool

Band = Annotated[list[float], Field(min_length=2, max_length=2)]  # lower and upper end, in percent


class _Rising(Section):
    """Base of rows with a band."""

    band: Band

    @model_validator(mode="after")
    def _band_rises(self) -> Self:
        if not 0 <= self.band[0] < self.band[1] <= 100:
            raise ValueError("band must be two increasing numbers from 0 to 100 (percent)")
        return self


class _Quick(_Rising):
    """Shorter training for --quick."""

    overrides: list[str]


class _Row(_Rising):
    """A published result."""

    source: str
    published: float
    overrides: list[str]
    data: str
    metric: str = "test_accuracy"
    penalized: bool = False
    seeds: Count | None = None
    quick: _Quick | None = None


class _Data(Section):
    """Required data; see `Data`."""

    fingerprint: str | None = None
    split: str | None = None


class PublishedResults(Section):
    """Content of conf/verify.yaml."""

    seeds: Count
    quick_seeds: Count
    data: dict[str, _Data]
    rows: dict[str, _Row]


def verify_recipes(
    names: Sequence[str],
    overrides: Sequence[str],
    *,
    quick: bool,
    seeds: int | None,
    workers: int | None,
    out: Path | None,
    command: list[str],
) -> None:
    """Train recipes, print whether they reach their published results, and write verify.csv.

    Args:
        names, overrides, quick, seeds: as for `expectations`.
        workers: number of runs at a time; None means one for each core.
        out: directory of the training; None: below outputs/verify.
        command: the words after `runner`.

    Raises:
        UserError: if there is no such recipe, or a recipe cannot be built.
        Stopped: with exit code 1 if a recipe fails, or 130 if the training was interrupted.
    """
    expected = expectations(read_file(), names, overrides, quick=quick, seeds=seeds)
    # One directory per code version, because runs with different code prove nothing about this code.
    directory = out or Path("outputs/verify") / f"{'quick' if quick else 'full'}-{code_hash()}"
    processes: int | Literal["auto"] = workers or "auto"
    with closing(LocalLauncher(processes).pool()) as pool:  # starts during planning, because starting takes seconds
        plan = plan_of(expected, {"workers": processes}, command)
        judgements = verify(expected, plan, directory, pool, Terminal())
    if not all(one.passed for one in judgements):
        raise Stopped(EXIT_FAILED)


def read_file(path: Path | None = None) -> PublishedResults:
    """Read published results (default: conf/verify.yaml).

    Raises:
        ConfigError: with one line for each wrong key.
    """
    values = read_yaml(path or conf_directory() / "verify.yaml")
    try:
        file = PublishedResults.model_validate(values)
    except ValidationError as error:
        raise ConfigError(error_lines(error, PublishedResults, "verify")) from error
    for name, row in file.rows.items():
        if row.data not in file.data:
            raise ConfigError(f"verify.rows.{name}.data={row.data}: no such data{did_you_mean(row.data, file.data)}")
    return file


def expectations(
    file: PublishedResults, names: Sequence[str], overrides: Sequence[str], *, quick: bool, seeds: int | None
) -> list[Expectation]:
    """Return the named rows, or all rows, with the overrides added to each.

    Raises:
        UserError: if a name does not exist or has no quick form.
    """
    rows = {name: row for name, row in file.rows.items() if row.quick or not quick}
    for name in names:
        if name not in file.rows:
            raise UserError(f"verify {name}: no such row{did_you_mean(name, file.rows)}")
        if name not in rows:
            raise UserError(f"verify {name}: has no quick form; omit --quick")
    return [
        Expectation(
            name=name,
            source=row.source,
            published=row.published,
            band=_pair(row.quick.band if quick and row.quick else row.band),
            overrides=[*row.overrides, *(row.quick.overrides if quick and row.quick else []), *overrides],
            seeds=seeds or (file.quick_seeds if quick else row.seeds or file.seeds),
            data=Data(**file.data[row.data].model_dump()),
            metric=row.metric,
            penalized=row.penalized,
        )
        for name, row in rows.items()
        if name in names or not names
    ]


def _pair(band: Sequence[float]) -> tuple[float, float]:
    return band[0], band[1]


def plan_of(expected: Sequence[Expectation], launcher: Mapping[str, Any], command: list[str]) -> Plan:
    """Return the plan of all runs, composed and checked.

    Raises:
        UserError: if a run is not valid.
    """
    guard_hydra()
    register_resolvers([])
    with initialize_config_dir(str(conf_directory()), version_base="1.3"):
        loader = GlobalHydra.instance().config_loader()
        master = loader.load_configuration("config", ["hydra.mode=MULTIRUN"], RunMode.MULTIRUN)
        variants = [Variant(one.name, one.overrides, [], named=True) for one in expected]
        composed = candidates(variants, Composer(loader, master))
        jobs = [cell.jobs(range(one.seeds), "final") for one, cell in zip(expected, composed, strict=True)]
    target = {"_target_": f"hydra_plugins.runner.{LocalLauncher.__name__}"}
    return Plan([job for some in jobs for job in some], launcher=target | dict(launcher), command=command)


def verify(
    expected: Sequence[Expectation], plan: Plan, directory: Path, pool: Pool, console: Console
) -> list[Judgement]:
    """Train the missing runs, and show and save the judgements.

    Raises:
        UserError: before the first run is trained, if a recipe cannot be built.
        Stopped: if the training is interrupted.
    """
    done = finished(plan.jobs, directory)
    sweep = Sweep(directory, pool, console, plan.chosen, fail_fast=False)
    sweep.check([job for job in plan.jobs if job.run_id not in done], measure=False)
    plan.write(directory)
    runs, recipes = counted(len(plan.jobs), "run"), counted(len(expected), "recipe")
    console.print(f"{runs} of {recipes}; {len(done)} done already; in {directory}", soft_wrap=True)
    try:
        sweep.train_missing(plan.of_phase("final"))
    except KeyboardInterrupt:
        show_warning(console, "interrupted; run the same command again to continue")
        raise Stopped(EXIT_INTERRUPTED) from None
    paths = {job.run_id: job.path(directory) for job in plan.of_phase("final")}
    records = {name: read_status(RunDirectory(path)) for name, path in paths.items()}
    judgements = [judge(one, [records[job.run_id] for job in plan.jobs if job.variant == one.name]) for one in expected]
    write_csv(directory / "verify.csv", [one.row() for one in judgements])
    console.print(verification_table(judgements))
    for one in judgements:
        if not one.passed:
            say(console, f"{one.expectation.name}: {'; '.join(one.reasons)}", style="red")
    failed = sum(not one.passed for one in judgements)
    console.print(f"{len(judgements) - failed} of {len(judgements)} passed; {directory / 'verify.csv'}", soft_wrap=True)
    return judgements
