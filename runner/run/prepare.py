"""Preparation of a run: its data, its parts and their compiled functions."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from runner.config.identity import run_id
from runner.config.schema import DatasetPart, Settings, check
from runner.config.trust import has_foreign_code, is_of_the_user
from runner.core.paths import conf_directory, located, working_directory
from runner.core.read_yaml import read_yaml
from runner.core.terminal import show_warning
from runner.data.dataset import DataNotFound
from runner.records.provenance import code_state, machine, versions
from runner.records.record import Row, RunRecord, now
from runner.run.cache import Kept
from runner.run.objects import Objects
from runner.run.request import Request

# Modules that need TensorFlow are imported where they are used: the main process of a sweep needs none.
if TYPE_CHECKING:
    from runner.data.dataset import Dataset
    from runner.engine.checkpoints.checkpoint import Checkpoint
    from runner.engine.compiled import Compiled
    from runner.engine.setup.device import ActiveDevice
    from runner.engine.stacks.stacked_training import StackedRun
    from runner.run.build import Parts

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Prepared:
    """A run that is ready to train."""

    config: dict[str, Any]
    settings: Settings
    dataset: "Dataset"
    parts: "Parts"
    device: "ActiveDevice"
    has_kept_kernels: bool = False  # see `kernels_kept`

    def record(self, request: Request, choices: dict[str, str]) -> RunRecord:
        """Return the record of the starting run."""
        from runner.engine.cost import flops_per_example
        from runner.engine.weights import weight_hashes

        dataset = self.dataset
        return RunRecord(
            run_id=run_id(self.config),
            name=self.settings.name,
            label=request.variant,
            seed=self.settings.seed,
            status="running",
            choices=choices | {"dataset": dataset.name},
            overrides=request.overrides,
            dataset=self.parts.split.sizes
            | {"split": self.parts.split.hash}
            | self._fold()
            | {"name": dataset.name, "fingerprint": dataset.fingerprint, "source": dataset.source},
            device=self.device.as_record() | machine(),
            versions=versions(),
            code=code_state(),
            parameters=self.parts.model.count_params(),
            flops=flops_per_example(self.parts.model),
            weights=weight_hashes(self.parts.model),
            classes=list(dataset.class_names),
            started=now(),
            working_directory=request.working_directory or working_directory(self.config),
            stack=list(request.stack),
        )

    def _fold(self) -> dict[str, Any]:
        """Return the fold that is the test part, as facts for the record; nothing without folds."""
        chosen, held_out = self.settings.dataset, self.parts.split.held_out
        return {"folds": chosen.folds, "fold": chosen.fold, "held_out": held_out} if held_out else {}


def prepare(
    config: dict[str, Any],
    directory: Path,
    kept: Kept,
    *,
    one_thread: bool,
    base: str | None = None,
    objects: Objects | None = None,
) -> Prepared:
    """Load the data and build every part of a run.

    Args:
        base: the directory from which relative paths in the configuration start; None: the current one.
        objects: Python objects in place of configured parts.
        one_thread: use one thread with `device.threads=auto`, because other processes use the other cores.

    Raises:
        UserError: if the configuration or the data cannot be used.
    """
    from runner.engine.setup.device import other_threads, prepare_device, refuse_too_large
    from runner.run.build import build_dataset, build_parts, build_split

    settings = check(located(config, base))
    device = prepare_device(settings.device, settings.model.small or one_thread)
    dataset = kept.get("dataset", settings.dataset.spec(), partial(build_dataset, settings))
    split = kept.get("split", [config["dataset"], config["preprocessing"]], partial(build_split, settings, dataset))
    refuse_too_large(split, device)
    keeps = kept.holds("compiled") and objects is None and not has_foreign_code(config)
    parts = build_parts(settings, dataset, split, directory, objects, keep_kernels=keeps)
    if objects and (warning := other_threads(settings.device, settings.model.small or one_thread, device)):
        parts.warnings.append(warning)
    return Prepared(config, settings, dataset, parts, device, keeps)


def prepare_or_embedded(
    config: dict[str, Any], request: Request, console: Console, kept: Kept, objects: Objects | None = None
) -> Prepared:
    """Prepare the run; use the embedded data set if no data were requested and none are available."""
    try:
        base = request.working_directory
        return prepare(config, request.directory, kept, one_thread=request.in_sweep, base=base, objects=objects)
    except DataNotFound as error:
        if request.in_sweep or request.chose("dataset", "experiment") or names_a_place(config["dataset"]):
            raise
        LOG.warning(fallback_warning(error))
        show_warning(console, fallback_warning(error))
    embedded = read_yaml(conf_directory() / "dataset" / "mnist_5k.yaml")
    ours = {key: value for key, value in config["dataset"].items() if key in DatasetPart.OURS}
    config = config | {"dataset": ours | embedded}
    return prepare(config, request.directory, kept, one_thread=False, objects=objects)


def names_a_place(dataset: Mapping[str, Any]) -> bool:
    """Return whether a data set's configuration names a directory, whose data must not be replaced by others."""
    return dataset.get("root") is not None


def fallback_warning(error: DataNotFound) -> str:
    """Return the warning that the embedded data set replaces unavailable data."""
    return f"{error}\n\nUsing the 5,000 digits of mnist_5k instead: results are not comparable with those on MNIST."


def take_compiled(prepared: Prepared, kept: Kept) -> "Compiled":
    """Return a run's compiled functions, with all variables at their initial values.

    A run with a different seed, base learning rate, momentum or L2 strength may have compiled them.
    """
    from runner.engine.compiled import Compiled, compiled
    from runner.engine.keras_internals import discard_kernels
    from runner.engine.variables.strengths import without_strengths

    parts = prepared.parts
    jit_compile = prepared.device.jit_compile

    def make() -> Compiled:
        if prepared.has_kept_kernels:  # of another run's compiled functions, which are gone
            discard_kernels()
        return compiled(parts.model, parts.targets, parts.batch_size, parts.augment, jit_compile=jit_compile)

    if (key := shared_key(prepared)) is None:
        return kept.make_alone("compiled", make)
    if not is_of_the_user(prepared.settings.model.target):  # which may use a strength in any way
        key = without_strengths(key, parts.model)
    taken = kept.get("compiled", key, make)
    if taken.model is not parts.model:
        taken.start_as(parts.model)
    return taken


def shared_key(prepared: Prepared) -> dict[str, Any] | None:
    """Return the settings on which a run's compiled functions depend; None if no other run can use them."""
    from runner.engine.variables.base_rate import other_constants

    if not _differs_in_values_alone(prepared.settings):
        return None
    others = ("name", "seed", "stream_seeds", "tracking")
    key = {name: value for name, value in prepared.config.items() if name not in others}
    if (constants := other_constants(prepared.parts.model.optimizer)) is not None:
        key["optimizer"] = {name: value for name, value in key["optimizer"].items() if name != "learning_rate"}
        key["schedule"] = key["schedule"] | constants
    return key


def _differs_in_values_alone(settings: Settings) -> bool:
    """Return whether a different seed changes only the values of variables, not the compiled functions."""
    foreign = any(is_of_the_user(part.target) for part in settings.callbacks.values())
    return not (foreign or settings.augmentation or settings.averaging or settings.diagnostics)


def training(
    prepared: Prepared, compiled: "Compiled | StackedRun", epochs: int, checkpoint: "Checkpoint | None" = None
) -> Iterator[Row]:
    """Train and yield each epoch; the epochs in the checkpoint come first."""
    from runner.engine.training import shuffled

    parts = prepared.parts
    return compiled.train(
        epochs=epochs,
        order=shuffled(prepared.settings.seed_of("order"), len(parts.split.train)),
        callbacks=parts.callbacks,
        diagnostics=parts.diagnostics,
        checkpoint=checkpoint,
    )
