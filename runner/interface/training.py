"""Training of a run, a sweep or a study from Python, as on the command line."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack, overload

from runner.config.multirun import is_sweep
from runner.config.overrides import override_key
from runner.core.errors import UserError
from runner.interface.command import run_command
from runner.interface.data import Arrays, data_overrides
from runner.interface.errors import refusing
from runner.interface.overrides import Location, Overrides, as_axes, as_overrides, given_path, trust

if TYPE_CHECKING:
    import pandas as pd
    from keras import Model
    from keras.callbacks import Callback
    from keras.optimizers import Optimizer

    from runner.interface.results import Results
    from runner.interface.run import Run
    from runner.interface.studies import Asked


@refusing
def train(
    overrides: Overrides = (),
    *,
    data: Arrays | None = None,
    directory: Location | None = None,
    config_dir: Location | None = None,
    trusted_packages: Sequence[str] = (),
    quiet: bool = False,
    callbacks: "Sequence[Callback]" = (),
    model: "Model | None" = None,
    optimizer: "Optimizer | None" = None,
) -> "Run":
    """Train one run, as `runner GROUP=OPTION KEY=VALUE` does, and return it when it has ended.

    A separate process trains it, because threads and device must be set before TensorFlow starts. With Python objects
    (callbacks, model, optimizer) the calling process trains it. The record then lists their classes, the run gets a
    unique id, and it can be neither resumed nor reproduced.

    Args:
        overrides: `["optimizer=momentum", "training.epochs=2"]`, or the same as a dict.
        data: arrays, `((x_train, y_train), (x_test, y_test))` or a dict with the keys x_train, y_train,
            x_test and y_test. They are saved below outputs/data, and the configuration contains the path.
        directory: the run's directory; default: below outputs/runs.
        config_dir: directory of your own options, as for --config-dir.
        trusted_packages: your packages whose classes options may use (docs/trust.md).
        quiet: show no progress and no warnings.
        callbacks: Keras callbacks, called at the end of each epoch and of the training, after the configured ones.
        model: a Keras model in place of the configured one; it keeps its weights.
        optimizer: a Keras optimizer in place of the configured one, with its own learning rate or schedule.

    Returns:
        The run; its status may also be diverged or failed.

    Raises:
        UserError: if the configuration or the data cannot be used.
        KeyboardInterrupt: if it was interrupted; `runner.Run(directory).resume()` continues it.

    >>> import runner
    >>> run = runner.train({"dataset": "digits", "training.epochs": 1}, quiet=True)
    >>> run.status
    'completed'
    """
    from runner.interface.run import Run

    arguments = [*_options(config_dir), *_place("run", directory), *trust(trusted_packages)]
    given = [*data_overrides(data), *as_overrides(overrides)]
    _refuse_dry_run(given)
    if is_sweep(given):
        raise UserError("the overrides describe a sweep; use runner.sweep for axes and seeds")
    if callbacks or model is not None or optimizer is not None:
        from runner.interface.in_process import train_here
        from runner.run.objects import Objects

        place = train_here(arguments, given, Objects(callbacks, model, optimizer), quiet=quiet)
    else:
        place = run_command([*arguments, *given], quiet=quiet).directory
    return Run(_begun(place, "a run"))


@refusing
def sweep(
    axes: Overrides,
    base: Overrides = (),
    *,
    workers: int | None = None,
    data: Arrays | None = None,
    directory: Location | None = None,
    config_dir: Location | None = None,
    trusted_packages: Sequence[str] = (),
    fail_fast: bool = False,
    quiet: bool = False,
) -> "Results":
    """Train every combination of the given values, as `runner -m` does, and return the results.

    Calling it again with the same arguments trains only the missing runs.

    Args:
        axes: `{"optimizer": ["sgd", "adam"], "seed": range(3)}`, or `["optimizer=sgd,adam", "seed=0,1,2"]`.
        base: overrides for all runs.
        workers: number of runs at a time; default: one for each core.
        data: arrays, as for `runner.train`.
        directory: the sweep's directory; default: below outputs/sweeps, named after the axes.
        config_dir: directory of your own options, as for --config-dir.
        trusted_packages: your packages whose classes options may use (docs/trust.md).
        fail_fast: stop at the first run that fails.
        quiet: show no progress and no warnings.

    Raises:
        UserError: before anything trains, if a configuration or the data cannot be used.
        KeyboardInterrupt: if it was interrupted; the same call again resumes it.

    >>> import runner
    >>> results = runner.sweep(
    ...     {"optimizer": ["sgd", "adam"], "seed": range(2)}, base=["dataset=digits", "training.epochs=1"], quiet=True
    ... )
    >>> results.variants
    ['optimizer=sgd', 'optimizer=adam']
    """
    from runner.interface.results import load

    given = [*data_overrides(data), *as_overrides(base), *as_axes(axes)]
    _refuse_dry_run(given)
    given += _of_a_sweep(workers, directory, trusted_packages, fail_fast=fail_fast)
    outcome = run_command([*_options(config_dir), "-m", *given], quiet=quiet)
    return load(_begun(outcome.directory, "a sweep"))


Seeds = int | Iterable[int] | Mapping[str, Any]


class _OfAStudy(TypedDict, total=False):
    seeds: Seeds | None
    folds: int | None
    name: str
    workers: int | None
    data: Arrays | None
    directory: Location | None
    config_dir: Location | None
    trusted_packages: Sequence[str]
    fail_fast: bool
    quiet: bool


@overload
def study(
    study: "Asked", overrides: Overrides = (), *, dry_run: Literal[False] = False, **options: Unpack[_OfAStudy]
) -> "Results": ...


@overload
def study(
    study: "Asked", overrides: Overrides = (), *, dry_run: Literal[True], **options: Unpack[_OfAStudy]
) -> "pd.DataFrame": ...


@refusing
def study(
    study: "Asked",
    overrides: Overrides = (),
    *,
    seeds: Seeds | None = None,
    folds: int | None = None,
    dry_run: bool = False,
    name: str = "study",
    workers: int | None = None,
    data: Arrays | None = None,
    directory: Location | None = None,
    config_dir: Location | None = None,
    trusted_packages: Sequence[str] = (),
    fail_fast: bool = False,
    quiet: bool = False,
) -> "Results | pd.DataFrame":
    """Train a study, as `runner study=NAME` does, and return the results.

    Calling it again with the same arguments trains only the missing runs.

    Args:
        study: the name of a study in conf/study or config_dir, the path of a YAML file, or its content as a dict.
        overrides: overrides for all variants.
        seeds: a number of seeds, a list of them, or planned looks (`{"first": 8, "most": 30, "looks": 5}`); default:
            the study's.
        folds: number of cross-validation folds; every variant runs on each fold with every seed; default: the study's,
            or none.
        dry_run: train nothing, and return the plan: a frame with one row for each run, as in plan.csv.
        name: the study's name, if it is given as a dict.
        workers: number of runs at a time; default: one for each core.
        data: arrays, as for `runner.train`.
        directory: the study's directory; default: outputs/studies/NAME.
        config_dir: directory of your own options, as for --config-dir.
        trusted_packages: your packages whose classes options may use (docs/trust.md).
        fail_fast: stop at the first run that fails.
        quiet: show no progress and no warnings.

    Raises:
        UserError: before anything trains, if the study, a configuration or the data cannot be used.
        KeyboardInterrupt: if it was interrupted; the same call again resumes it.

    >>> import runner
    >>> question = {
    ...     "question": "Does momentum help?",
    ...     "variants": {"plain": ["optimizer=sgd"], "momentum": ["optimizer=momentum"]},
    ... }
    >>> plan = runner.study(question, ["dataset=digits"], seeds=2, name="momentum", dry_run=True, quiet=True)
    >>> plan["variant"].tolist()
    ['plain', 'plain', 'momentum', 'momentum']
    """
    from runner.interface.results import load
    from runner.interface.studies import study_option
    from runner.reporting.tables.csv_files import read_frame

    given = [*data_overrides(data), *as_overrides(overrides)]
    _refuse_dry_run(given)
    if isinstance(seeds, Iterable) and not isinstance(seeds, Mapping):
        seeds = [*seeds]
    given += as_overrides({key: value for key, value in {"seeds": seeds, "folds": folds}.items() if value is not None})
    given += _of_a_sweep(workers, directory, trusted_packages, fail_fast=fail_fast)
    given += ["dry_run=true"] if dry_run else []
    with study_option(study, name, config_dir, keep=not dry_run) as (chosen, options):
        outcome = run_command([*_options(options), f"study={chosen}", *given], quiet=quiet)
    place = _begun(outcome.directory, "a study")
    return read_frame(place / "plan.csv") if dry_run else load(place)


def _of_a_sweep(
    workers: int | None, directory: Location | None, trusted_packages: Sequence[str], *, fail_fast: bool
) -> list[str]:
    if workers is not None and (type(workers) is not int or workers < 1):
        raise UserError(f"workers={workers!r}: must be a whole number, at least 1")
    pool = [] if workers is None else [f"hydra.launcher.workers={workers}"]
    return [*pool, *(["fail_fast=true"] if fail_fast else []), *_place("sweep", directory), *trust(trusted_packages)]


def _place(kind: Literal["run", "sweep"], directory: Location | None) -> list[str]:
    return [] if directory is None else as_overrides({f"hydra.{kind}.dir": str(given_path(directory))})


def _options(config_dir: Location | None) -> list[str]:
    return [] if config_dir is None else [f"--config-dir={given_path(config_dir)}"]


def _refuse_dry_run(overrides: Iterable[str]) -> None:
    for override in overrides:
        if override_key(override) == "dry_run":
            raise UserError(f"{override}: only runner.study(..., dry_run=True) and the command line show a plan")


def _begun(directory: Path | None, wanted: str) -> Path:
    if directory is None:
        raise UserError(f"the overrides do not start {wanted}")
    return directory
