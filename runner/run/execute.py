"""Execution of one run, from top to bottom: prepare, train, test, record, draw."""

import logging
import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Any

import yaml
from rich.console import Console

from runner.config.options import listed_options
from runner.config.schema import check
from runner.config.trust import is_of_the_user
from runner.core.errors import EXIT_FAILED, EXIT_INTERRUPTED, EnvironmentFault, UserError
from runner.core.lock import Locked, run_lock
from runner.core.omissions import LeftOut
from runner.core.output import errors_held_back
from runner.core.paths import located
from runner.core.signals import Interruption
from runner.core.terminal import show_warning, waiting
from runner.core.text import counted
from runner.data.inference import Inference
from runner.data.storage.locations import refuse_missing
from runner.engine.setup.tensorflow_import import quick_import
from runner.records.inference_file import write_inference
from runner.records.record import DONE, Row, RunRecord, finite, now
from runner.records.run_directory import RunDirectory, logged_by
from runner.reporting.scores import negative_log_likelihood, scores
from runner.run.background_import import import_ahead
from runner.run.cache import Kept
from runner.run.display import EpochLines, epoch_text, show_choices, show_result, show_start
from runner.run.ending import Attempt, going_on
from runner.run.objects import Objects
from runner.run.prepare import Prepared, prepare_or_embedded, take_compiled, training
from runner.run.request import Request

# Modules that need TensorFlow or matplotlib are imported where they are used, after the checks: they take seconds.
if TYPE_CHECKING:
    from keras import Model
    from keras.callbacks import Callback

    from runner.engine.compiled import Compiled
    from runner.engine.stacks.stacked_training import StackedRun
    from runner.engine.tracker_threads import Trackers
    from runner.run.build import Parts


LOG = logging.getLogger(__name__)


def dry_run(config: dict[str, Any], request: Request, console: Console) -> None:
    """Build the parts of one configuration and describe its run, without training it or writing its directory.

    Args:
        config: resolved, as plain dictionaries and lists.

    Raises:
        UserError: if the configuration or the data cannot be used.
    """
    settings = check(config)
    refuse_missing(settings)
    choices = _choices(config, request)
    show_choices(console, choices, [override for override in request.overrides if override != "dry_run=true"])
    logging.disable()  # a dry run has no log
    try:
        with errors_held_back():
            prepared = prepare_or_embedded(config, request, console, Kept())
        record = prepared.record(request, choices)
    finally:
        logging.disable(logging.NOTSET)
    show_start(console, record, str(prepared.device), request.directory)
    for warning in prepared.parts.warnings:
        show_warning(console, warning)
    console.print(f"{counted(settings.training.epochs, 'epoch')} planned; nothing is trained (dry_run=true)")


def _choices(config: dict[str, Any], request: Request) -> dict[str, str]:
    return request.choices | {group: f"[{','.join(names)}]" for group, names in listed_options(config).items()}


def exit_code(record: RunRecord) -> int:
    """Return the exit code for a run's status."""
    return {"interrupted": EXIT_INTERRUPTED, "failed": EXIT_FAILED}.get(record.status, 0)


def run(
    config: dict[str, Any],
    request: Request,
    console: Console,
    kept: Kept | None = None,
    callbacks: Sequence["Callback"] = (),
    objects: Objects | None = None,
    warn: Callable[[str], None] | None = None,
) -> RunRecord:
    """Train or resume the run of one configuration, evaluate it, and write its run directory.

    Args:
        config: resolved, as plain dictionaries and lists.
        kept: the worker's cache from earlier runs.
        warn: shows a warning about a tracker that fails; by default in the console.
        objects: Python objects in place of configured parts; the record mentions them.
        callbacks: additional Keras callbacks; if one of them sets its attribute `pruned`, the run is not tested.

    Raises:
        UserError: before anything is written, if the configuration or the data cannot be used, or the run started
            with different data.
        EnvironmentFault: if the machine fails; the run can be resumed.
    """
    started = time.perf_counter()
    refuse_missing(check(located(config, request.working_directory)))
    if objects:
        request = objects.of(request)
    show_choices(console, _choices(config, request), request.overrides)
    prepared, compiled = _loaded(config, request, console, kept or Kept(), objects)
    if prepared.config is not config:
        request = request.with_dataset(prepared.dataset.name, prepared.config["dataset"])
    steps = run_in_steps(prepared, compiled, request, console, callbacks, objects, warn, started=started)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            record: RunRecord = end.value
            return record


def run_in_steps(
    prepared: Prepared,
    compiled: "Compiled | StackedRun",
    request: Request,
    console: Console,
    callbacks: Sequence["Callback"] = (),
    objects: Objects | None = None,
    warn: Callable[[str], None] | None = None,
    *,
    started: float,
    share: float = 1.0,
) -> Generator[None, None, RunRecord]:
    """Train a prepared run as `run` does, with a pause before each epoch; return the record.

    Args:
        started: the time at which the run began, by the performance counter.
        share: the run's share of the time since then.
    """
    from runner.engine.failures import failures_in_a_line

    directory, parts = RunDirectory(request.directory), prepared.parts
    parts.callbacks.extend(callbacks)
    record = prepared.record(request, _choices(prepared.config, request))
    record = objects.marked(record) if objects else going_on(record, directory)
    show_start(console, record, str(prepared.device), directory.path)
    _log_and_show(parts.warnings, partial(show_warning, console))
    _write_beginning(directory, request, objects.written(prepared.config) if objects else prepared.config, record)

    attempt, model = Attempt(record), compiled.model
    warn = warn or partial(show_warning, console)
    ahead = not request.in_sweep and _is_alone(prepared)
    with attempt.guard(), failures_in_a_line():
        yield from _train(attempt, prepared, compiled, directory, console, warn, ahead=ahead)
        if attempt.status == "completed":
            model = _test(attempt, parts, compiled, directory)
    if attempt.status == "interrupted":
        with attempt.guard():  # saved at once, because there may be no time for the rest
            directory.write_record(attempt.finished(share * (time.perf_counter() - started)))
    with attempt.guard():
        _write_model(model, prepared, directory)
        _write_results(attempt, parts, directory, console, figures=not request.in_sweep)
    record = attempt.finished(share * (time.perf_counter() - started))
    _write_ending(directory, record, parts.trackers, warn)
    if attempt.fault:
        raise attempt.fault
    if record.status in DONE:
        directory.remove_checkpoint()
    show_result(console, record, directory.path)
    return record


def run_in_new_directory(
    config: dict[str, Any],
    request: Request,
    console: Console,
    objects: Objects | None = None,
    train: Callable[..., RunRecord] | None = None,
) -> RunRecord:
    """Train the run of a configuration in a new directory, with its lock and log; a rejected run leaves no directory.

    Args:
        config: resolved, as plain dictionaries and lists.
        objects: Python objects in place of configured parts.
        train: a function in place of `run`.

    Raises:
        UserError: as `run` does, or if another process uses the directory.
    """
    path = request.directory
    path.mkdir(parents=True, exist_ok=True)
    try:
        with run_lock(path), logged_by(logging.FileHandler(path / "run.log", encoding="utf-8")):
            return (train or run)(config, request, console, objects=objects)
    except (Locked, EnvironmentFault):
        raise
    except UserError:  # nothing was trained
        (path / "run.log").unlink(missing_ok=True)
        with suppress(OSError):
            path.rmdir()
        raise


@contextmanager
def loading(console: Console) -> Iterator[None]:
    """Import TensorFlow, and hold back standard error while the block loads data and builds parts."""
    with errors_held_back(), waiting(console, "loading TensorFlow and the data"):
        with quick_import():
            import runner.engine.model_files.saving  # noqa: F401 - with all of Keras
        yield


def _loaded(
    config: dict[str, Any], request: Request, console: Console, kept: Kept, objects: Objects | None
) -> tuple[Prepared, "Compiled"]:
    """Import TensorFlow, load the data, and build and compile the parts."""
    with loading(console):
        prepared = prepare_or_embedded(config, request, console, kept, objects)
        return prepared, take_compiled(prepared, kept)


def _is_alone(prepared: Prepared) -> bool:
    """Return whether training runs only code of this package and Keras, and leaves a core idle."""
    foreign = any(is_of_the_user(type(callback).__module__) for callback in prepared.parts.callbacks)
    return prepared.device.leaves_a_core and not (foreign or prepared.settings.tracking)


def _log_and_show(warnings: Sequence[str], show: Callable[[str], None]) -> None:
    for warning in warnings:
        LOG.warning(warning)
        show(warning)


def _write_beginning(directory: RunDirectory, request: Request, config: dict[str, Any], record: RunRecord) -> None:
    """Write a run's files before it trains. The record comes last: it turns the directory into a run."""
    directory.remove_leftovers()
    directory.write_hydra(request.hydra)
    directory.write_config(yaml.safe_dump(config, sort_keys=False, allow_unicode=True))
    directory.write_record(record)


def _write_ending(
    directory: RunDirectory, record: RunRecord, trackers: "Trackers", warn: Callable[[str], None]
) -> None:
    """Write the final record, then wait for the trackers: a Ctrl-C ends the wait and changes nothing else."""
    directory.write_record(record)
    with suppress(KeyboardInterrupt):
        _log_and_show(trackers.end(record), warn)


def _train(
    attempt: Attempt,
    prepared: Prepared,
    compiled: "Compiled | StackedRun",
    directory: RunDirectory,
    console: Console,
    warn: Callable[[str], None],
    *,
    ahead: bool,
) -> Iterator[None]:
    """Train, and record every epoch as it ends; pause before each epoch.

    Args:
        ahead: whether to import the modules for the run's end after the first epoch, whose compilation needs Python.
    """
    from runner.engine.checkpoints.checkpoint import Checkpoint

    parts, length = prepared.parts, prepared.settings.training.epochs
    parts.trackers.begin(attempt.record)
    checkpoint = Checkpoint(directory.checkpoint_path)
    history: list[Row] = []
    imports: Thread | None = None

    def last_words() -> None:
        record = attempt.record.with_history(history) if history else attempt.record
        directory.write_record(replace(record, status="interrupted", finished=now()))

    with EpochLines(console, length) as lines, Interruption(last_words) as interruption:
        try:
            rows = training(prepared, compiled, length, checkpoint)
            yield
            for row in rows:
                history.append(row)
                imports = imports or (import_ahead() if ahead else None)
                _log_and_show(parts.trackers.epoch(row, parts.diagnostics), warn)
                if len(history) < checkpoint.epochs:  # the checkpoint already has more epochs
                    continue
                is_kept = len(history) == checkpoint.epochs
                (lines.show_kept if is_kept else lines.show)(row)
                _write_tables(history, parts, directory)
                LOG.info("epoch %d  %s%s", row["epoch"], epoch_text(row), " (from its checkpoint)" if is_kept else "")
                interruption.check()
                yield
        finally:  # an interruption may have come before the last epoch was written
            if history and len(history) >= checkpoint.epochs:
                directory.write_history(history)
                attempt.record = attempt.record.with_history(history)
    if imports:
        imports.join()
    if not all(math.isfinite(history[-1][loss]) for loss in ("loss", "val_loss")):
        attempt.status = "diverged"
    elif any(getattr(callback, "pruned", False) for callback in parts.callbacks):
        attempt.status = "pruned"


def _test(attempt: Attempt, parts: "Parts", compiled: "Compiled | StackedRun", directory: RunDirectory) -> "Model":
    """Evaluate the test set once; return the tested model."""
    from runner.engine.final_evaluation import final

    result = final(compiled, parts.targets, parts.callbacks)
    directory.write_predictions(
        test_probabilities=result.test,
        test_labels=parts.split.test.labels,
        validation_probabilities=result.validation,
        validation_labels=parts.split.validation.labels,
    )
    likelihood = negative_log_likelihood(result.validation, parts.split.validation.labels)
    attempt.record = replace(
        attempt.record,
        validation=finite(result.validation_metrics | {"negative_log_likelihood": likelihood}),
        test=finite(result.test_metrics),
        scores=scores(result.test, parts.split.test.labels),
    )
    return result.model


def _write_model(model: "Model", prepared: Prepared, directory: RunDirectory) -> None:
    """Write the model, with the preprocessing and names for predictions on new examples."""
    from runner.engine.model_files.saving import save_model

    directory.write_model(partial(save_model, model))
    if inference := Inference.of(prepared.dataset, prepared.parts.split):
        write_inference(directory, inference)


def _write_tables(history: list[Row], parts: "Parts", directory: RunDirectory) -> None:
    """Write the history and the diagnostics so far."""
    directory.write_history(history)
    for diagnostic in parts.diagnostics:
        directory.write_table(diagnostic.file, diagnostic.rows)


def _write_results(
    attempt: Attempt, parts: "Parts", directory: RunDirectory, console: Console, *, figures: bool
) -> None:
    """Write a run's summary and figures, whatever its status; a figure that fails becomes a warning."""
    if directory.steps_path.exists():
        from runner.reporting.figures.rate_range import suggestion_of

        attempt.record = replace(attempt.record, suggested_learning_rate=suggestion_of(directory))
    if not figures:
        return
    # Imported only here: a sweep's workers draw nothing.
    from runner.reporting.figures.drawing.files import write_figures
    from runner.reporting.figures.of_augmentation import augmentation_grid
    from runner.reporting.run_report import report_run

    left_out = LeftOut()
    report_run(directory, replace(attempt.record, status=attempt.status), left_out)
    if parts.examples:
        title = f"{attempt.record.variant}: training images before and after"
        grid = partial(augmentation_grid, *parts.examples, title)
        write_figures(directory.path, [("augmentation.png", grid)], left_out)
    for reason in left_out.reasons:
        show_warning(console, reason)
