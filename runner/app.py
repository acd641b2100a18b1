"""The Hydra application: one run, from top to bottom."""

import logging
import math
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import hydra
import yaml
from omegaconf import DictConfig
from rich.console import Console

from runner.config.errors import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USER_ERROR, Stopped, UserError
from runner.config.identity import run_id
from runner.config.locations import conf_directory
from runner.config.schema import DatasetPart, Settings, check, resolve
from runner.console import EpochLines, epoch_text, show_choices, show_result, show_start, show_warning
from runner.data.errors import DataNotFound
from runner.engine.native_log import native_log_held_back
from runner.interruption import Interruption
from runner.records.provenance import code_state, versions
from runner.records.record import Row, RunRecord, Status
from runner.records.run_directory import RunDirectory
from runner.request import LIST_GROUPS, Request

if TYPE_CHECKING:
    from runner.build import Parts
    from runner.data.dataset import Dataset

LOG = logging.getLogger(__name__)


@hydra.main(config_path=str(conf_directory()), config_name="config", version_base="1.3")
def application(config: DictConfig) -> None:
    """Train what Hydra composed; in a sweep, once for each job."""
    try:
        request = Request.from_hydra()
        record = run(resolve(config), request, Console(highlight=False, markup=False))
    except UserError as error:
        raise Stopped(EXIT_USER_ERROR) from error
    if record.status == "interrupted":
        raise Stopped(EXIT_INTERRUPTED)
    if record.status == "failed" and not request.in_sweep:
        raise Stopped(EXIT_FAILED)


def run(config: dict[str, Any], request: Request, console: Console) -> RunRecord:
    """Train one configuration, evaluate it, and write its run directory.

    Args:
        config: resolved, as plain dictionaries and lists.

    Raises:
        UserError: before anything is written, if the configuration or the data cannot be used.
    """
    started = time.perf_counter()
    settings = check(config)
    directory = RunDirectory(request.directory)
    directory.refuse_if_used()
    choices = request.choices | {group: f"[{','.join(config[group])}]" for group in LIST_GROUPS}
    show_choices(console, choices, request.overrides)

    # Only now what takes seconds to import.
    with native_log_held_back():
        from runner.build import build_parts
        from runner.engine.cost import flops_per_example
        from runner.engine.device import prepare_device, refuse_too_large
        from runner.engine.saving import save_model
        from runner.reporting.augmentation_figure import augmentation_grid
        from runner.reporting.canvas import save_figure
        from runner.reporting.rate_range import suggestion_of
        from runner.reporting.report import report_run

        device = prepare_device(settings.device, settings.model.small)

    config, settings, dataset = _load_dataset(config, request, console)
    parts = build_parts(settings, dataset, directory.path)
    refuse_too_large(parts.split, device)
    record = RunRecord(
        run_id=run_id(config),
        name=settings.name,
        seed=settings.seed,
        status="running",
        choices=choices | {"dataset": dataset.name},
        overrides=request.overrides,
        dataset=parts.split.sizes
        | {"name": dataset.name, "fingerprint": dataset.fingerprint, "source": dataset.source},
        device=device.as_record(),
        versions=versions(),
        code=code_state(),
        parameters=parts.model.count_params(),
        flops=flops_per_example(parts.model),
        started=_now(),
    )
    show_start(console, record, str(device), directory.path)
    for warning in parts.warnings:
        show_warning(console, warning)
    directory.write_config(yaml.safe_dump(config, sort_keys=False, allow_unicode=True))
    directory.write_record(record)

    attempt = Attempt(record)
    with attempt.guard():
        _train(attempt, parts, settings, directory, console, jit_compile=device.jit_compile)
    with attempt.guard():
        directory.write_model(partial(save_model, parts.model))
        attempt.record = replace(attempt.record, suggested_learning_rate=suggestion_of(directory))
        report_run(directory, attempt.record)
        if parts.examples:
            title = f"{attempt.record.variant}: training images before and after"
            save_figure(augmentation_grid(*parts.examples, title), directory.path / "augmentation.png")

    record = attempt.finished(time.perf_counter() - started)
    directory.write_record(record)
    show_result(console, record, directory.path)
    return record


def _train(
    attempt: "Attempt",
    parts: "Parts",
    settings: Settings,
    directory: RunDirectory,
    console: Console,
    jit_compile: bool,
) -> None:
    """Train, writing every epoch down as it ends; then look at the test set, once."""
    from runner.engine.evaluation import Evaluator, shortest
    from runner.engine.training import shuffled, train
    from runner.reporting.scores import scores

    validation = Evaluator(parts.model, parts.targets.validation, jit_compile=jit_compile)
    epochs = train(
        parts.model,
        parts.targets.train,
        validation,
        epochs=settings.training.epochs,
        batch_size=parts.batch_size,
        order=shuffled(settings.seed, len(parts.split.train)),
        callbacks=parts.callbacks,
        augment=parts.augment,
        diagnostics=parts.diagnostics,
        jit_compile=jit_compile,
    )
    history: list[Row] = []
    with EpochLines(console, settings.training.epochs) as lines, Interruption() as interruption:
        try:
            for row in epochs:
                history.append(row)
                directory.write_history(history)
                for diagnostic in parts.diagnostics:
                    directory.write_table(diagnostic.file, diagnostic.rows)
                lines.show(row)
                LOG.info("epoch %d  %s", row["epoch"], epoch_text(row))
                interruption.check()
        finally:  # an interruption may have come before the last epoch was written
            if history:
                directory.write_history(history)
                attempt.record = attempt.record.with_history(history)
    if not all(math.isfinite(history[-1][loss]) for loss in ("loss", "val_loss")):
        attempt.status = "diverged"
        return
    test = Evaluator(parts.model, parts.targets.test, jit_compile=jit_compile)
    probabilities = test.predict()
    directory.write_predictions(
        test_probabilities=probabilities,
        test_labels=parts.split.test.labels,
        validation_probabilities=validation.predict(),
        validation_labels=parts.split.validation.labels,
    )
    attempt.record = replace(attempt.record, test=shortest(test.evaluate()))
    attempt.record = replace(attempt.record, scores=scores(probabilities, parts.split.test.labels))


@dataclass
class Attempt:
    """A run on its way; what is raised inside `guard` costs the run, not the program."""

    record: RunRecord
    status: Status = "completed"
    error: str | None = None

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Turn an interruption or an error into a status."""
        try:
            yield
        except KeyboardInterrupt:
            self.status = "interrupted"
        except Exception:  # any: the record must say that the run failed, and why
            self.status, self.error = "failed", traceback.format_exc()
            LOG.exception("the run failed")

    def finished(self, seconds: float) -> RunRecord:
        """Return the record as it is at the end."""
        return replace(
            self.record,
            status=self.status,
            error=self.error,
            finished=_now(),
            seconds=self.record.seconds | {"total": seconds},
        )


def _load_dataset(
    config: dict[str, Any], request: Request, console: Console
) -> tuple[dict[str, Any], Settings, "Dataset"]:
    """Load the data set, or the embedded one where none was asked for and none can be had."""
    from runner.build import build_dataset

    settings = check(config)
    try:
        return config, settings, build_dataset(settings)
    except DataNotFound as error:
        if request.chose("dataset", "experiment"):
            raise
        show_warning(console, f"{error}\n\nGoing on with the 5,000 digits of mnist_5k: figures are not those of MNIST.")
    embedded = yaml.safe_load((conf_directory() / "dataset" / "mnist_5k.yaml").read_text())
    config = config | {"dataset": {key: config["dataset"][key] for key in DatasetPart.OURS} | embedded}
    settings = check(config)
    return config, settings, build_dataset(settings)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
