"""Building of a run's parts: data, split, model, optimizer, callbacks."""

import inspect
import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import keras
import numpy as np

from runner.config.lengths import in_steps
from runner.config.schema import DatasetPart, Settings
from runner.config.trust import is_of_the_user
from runner.core.errors import ConfigError
from runner.core.streams import Stream, integer_seed, seed_sequence
from runner.data.augmentation.pipeline import augmenter
from runner.data.dataset import Dataset, Part, Split
from runner.data.splitting.folds import Fold
from runner.data.splitting.splits import split_dataset
from runner.engine.batch_statistics import statistics_refresher
from runner.engine.diagnostics import Diagnostic
from runner.engine.tracker_threads import Trackers
from runner.engine.training import Augment, one_kernel
from runner.engine.weights import fresh_session, initialize
from runner.models.hidden import Hidden
from runner.models.objective import DENSE, SPARSE, Form, cross_entropy, encoded, label_form, smoothed
from runner.models.transfer import freeze, load_weights
from runner.optim.layerwise import multipliers, scale_updates
from runner.optim.regularizers import LabelSmoothing, WeightDecay
from runner.optim.weight_decay import exclude_from_weight_decay
from runner.records.run_directory import RUN_FILES, RunDirectory
from runner.run.compatibility import (
    idle_parts,
    misleading_parts,
    needs_maps,
    refuse_idle_layers,
    refuse_idle_settings,
    refuse_no_images,
    refuse_other_labels,
    refuse_too_few_snapshots,
    refuse_unmeasured,
    too_small_images_refused,
    try_out,
)
from runner.run.instantiate import check_name, defaults, locate, make
from runner.run.objects import Objects

# Callback arguments that name a file or directory; these must be inside the run directory.
_PATH_ARGUMENTS = ("log_dir", "filename", "filepath", "backup_dir")
_EXAMPLES = 16  # number of images that are drawn before and after augmentation

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Parts:
    """The parts of a run, ready to train."""

    split: Split  # labels are integers
    targets: Split  # labels in the form that the loss needs
    model: keras.Model
    augment: Augment | None
    callbacks: list[keras.callbacks.Callback]
    diagnostics: list[Diagnostic]
    trackers: Trackers
    batch_size: int
    examples: tuple[np.ndarray, np.ndarray] | None  # training images before and after augmentation
    warnings: list[str]


def build_parts(
    settings: Settings,
    dataset: Dataset,
    split: Split,
    directory: Path,
    objects: Objects | None = None,
    *,
    keep_kernels: bool = False,
) -> Parts:
    """Build everything but the data set, with the initial weights of the run's seed.

    Args:
        objects: Python objects in place of configured parts; a given model keeps its weights.
        keep_kernels: see `kernels_kept`.

    Raises:
        UserError: if a part cannot be built, or does not fit the others.
    """
    examples = len(split.train)
    batch_size = examples if settings.training.batch_size == "full" else settings.training.batch_size
    fresh_session(settings.seed_of("dropout"), keep_kernels=keep_kernels)
    loss = loss_name(settings)
    targets = encoded(split, dataset.classes, label_form(loss))
    regularizers = build_regularizers(settings)
    steps = math.ceil(examples / batch_size)
    objects = objects or Objects()
    model = build_model(settings, targets.train, dataset.classes, steps, loss, regularizers, objects)
    refuse_idle_settings(settings, batch_size, steps * settings.training.epochs)
    if objects.model is None:
        initialize(model, settings.seed_of("weights"))
    if settings.model.init_from:
        load_weights(model, RunDirectory(Path(settings.model.init_from)).model_path)
    callbacks = build_callbacks(settings, directory)
    keys = [*(["schedule"] if _is_callback(settings) else []), *(f"callbacks.{name}" for name in settings.callbacks)]
    unmeasured = refuse_unmeasured(dict(zip(keys, callbacks, strict=True)), model)
    refuse_too_few_snapshots(callbacks, settings.training.epochs)
    averaging = []
    if settings.averaging:
        refresher = statistics_refresher(model, split.train, batch_size)
        averaging.append(make("averaging", settings.averaging.spec(), refresh_statistics=refresher))
    return Parts(
        split=split,
        targets=targets,
        model=model,
        augment=build_augment(settings, split.train, one_kernel),
        callbacks=[*averaging, *callbacks, *objects.callbacks],
        diagnostics=[make(f"diagnostics.{name}", part.spec()) for name, part in settings.diagnostics.items()],
        trackers=Trackers(
            {
                f"tracking={name}": make(f"tracking.{name}", part.spec(), directory=directory)
                for name, part in settings.tracking.items()
            }
        ),
        batch_size=batch_size,
        examples=_augmented_examples(settings, targets.train),
        warnings=[
            *(*dataset.notes, *split.notes, *unmeasured),
            *(*misleading_parts(settings, dataset), *idle_parts(settings, model, regularizers)),
        ],
    )


def build_dataset(settings: Settings) -> Dataset:
    """Load the data set."""
    dataset: Dataset = make("dataset", settings.dataset.spec())
    return dataset


def build_split(settings: Settings, dataset: Dataset) -> Split:
    """Split and preprocess the data set. The transform of the user's own preprocessing is unknown."""
    chosen = settings.dataset
    split = split_dataset(
        dataset,
        chosen.validation_split,
        chosen.split,
        chosen.split_seed,
        train_size=chosen.train_size,
        label_noise=chosen.label_noise,
        class_imbalance=chosen.class_imbalance,
        fold=_fold(chosen),
    )
    processed: Split = make("preprocessing", settings.preprocessing.spec(), split=split)
    processed = replace(processed, held_out=split.held_out)
    return replace(processed, transform=None) if is_of_the_user(settings.preprocessing.target) else processed


def _fold(chosen: DatasetPart) -> Fold | None:
    if chosen.folds is None or chosen.fold is None:
        return None
    return Fold(chosen.fold, chosen.folds, chosen.fold_from)


def build_augment(settings: Settings, data: Part, compiled: Callable[[Augment], Augment]) -> Augment | None:
    """Build the augmentation of training batches, with a random stream for each part; None if there are no parts.

    Args:
        compiled: compiles a function into one kernel.
    """
    parts = {}
    for name, part in settings.augmentation.items():
        at_run_time = {"seed": _augmentation_seed(settings.seed_of("augmentation"), name)}
        if getattr(locate("", part.target), "needs_range", False):
            values = data.inputs.reshape(-1, data.inputs.shape[-1])
            at_run_time |= {"lowest": values.min(axis=0), "highest": values.max(axis=0)}
        parts[name] = make(f"augmentation.{name}", part.spec(), **at_run_time)
    return augmenter(parts, data.inputs.shape[1:], compiled) if parts else None


def loss_name(settings: Settings) -> str:
    """Return the name of the loss; for softened labels, the cross-entropy that accepts probabilities."""
    loss = settings.training.loss
    mixes = [part for part in settings.augmentation.values() if getattr(locate("", part.target), "mixes_labels", False)]
    smooths = [part for part in settings.regularizer.values() if locate("", part.target) is LabelSmoothing]
    if not mixes and not smooths:
        return loss
    softened = DENSE if loss == SPARSE else loss
    if mixes and label_form(softened) != "one_hot":
        raise ConfigError(f"training.loss={loss}: mixed labels need a loss over all classes, such as {SPARSE}")
    return softened


def build_model(
    settings: Settings,
    data: Part,
    classes: int,
    steps_per_epoch: int,
    loss: str,
    regularizers: Mapping[str, Any],
    objects: Objects | None = None,
) -> keras.Model:
    """Build the model, compile it with optimizer, loss and metrics, and try it on two examples of the data.

    Args:
        data: the training part, with labels in the form that the loss needs.
        loss: see `loss_name`.
        regularizers: see `build_regularizers`.
        objects: the model or the optimizer may be one of them.
    """
    seen = data.inputs[:2], data.labels[:2]
    objects = objects or Objects()
    model = objects.model
    if model is None:
        refuse_no_images(settings, seen[0].shape[1:])
        with too_small_images_refused(settings, seen[0].shape[1:]):
            model = make(
                "model",
                settings.model.spec(),
                input_shape=seen[0].shape[1:],
                classes=classes,
                hidden=_build_hidden(settings, regularizers, binary=label_form(loss) == "column"),
            )
    refuse_idle_layers(model, regularizers)
    if settings.model.freeze:
        freeze(model, settings.model.freeze)
    check_name("training.loss", loss, keras.losses)
    smoothing = _of_kind(regularizers, LabelSmoothing)
    model.compile(
        optimizer=objects.optimizer or _build_optimizer(settings, regularizers, steps_per_epoch),
        loss=smoothed(loss, smoothing[0].label_smoothing) if smoothing else loss,
        metrics=_build_metrics(settings, label_form(loss)),
    )
    if settings.optimizer.exclude_from_weight_decay:
        exclude_from_weight_decay(model, settings.optimizer.exclude_from_weight_decay)
    if settings.optimizer.layerwise:
        scale_updates(model, multipliers(model, settings.optimizer.layerwise))
    try_out(model, seen, settings)
    return model


def build_callbacks(settings: Settings, directory: Path) -> list[keras.callbacks.Callback]:
    """Build the callbacks, including the schedule if it is one; they write only into the run directory."""
    built = [make("schedule", settings.schedule.spec())] if _is_callback(settings) else []
    for name, callback in settings.callbacks.items():
        spec = callback.spec()
        own = defaults(locate(f"callbacks.{name}", callback.target))
        given = {key: value for key, value in own.items() if value} | spec
        paths = {
            key: _inside(directory, f"callbacks.{name}.{key}", given[key])
            for key in _PATH_ARGUMENTS
            if isinstance(given.get(key), str)
        }
        built.append(make(f"callbacks.{name}", spec | paths))
    return built


def _inside(directory: Path, key: str, given: str) -> str:
    home = directory.resolve()
    path = (home / given).resolve()
    if path == home or not path.is_relative_to(home):
        raise ConfigError(f"{key}={given}: must be inside the run directory")
    name = path.relative_to(home).parts[0]
    if name in RUN_FILES or name.endswith(".png"):
        raise ConfigError(f"{key}={given}: is a file that every run writes; choose another name")
    return str(directory / given)


def _augmented_examples(settings: Settings, data: Part) -> tuple[np.ndarray, np.ndarray] | None:
    """Return a few training images before and after augmentation, which a separate augmenter computes."""
    augment = build_augment(settings, data, lambda function: function)
    if augment is None:
        return None
    before, labels = data.inputs[:_EXAMPLES], data.labels[:_EXAMPLES]
    after, _ = augment(keras.ops.convert_to_tensor(before), keras.ops.convert_to_tensor(labels))
    return before, np.asarray(after)


def _augmentation_seed(seed: int, name: str) -> int:
    """Return a separate seed for each option, so that adding another option does not change its draws."""
    return integer_seed(seed_sequence(seed, Stream.AUGMENTATION, zlib.crc32(name.encode())))


def build_regularizers(settings: Settings) -> dict[str, Any]:
    """Build the regularizers, by key; they apply to the hidden layers, the loss or the optimizer."""
    kinds = (
        keras.regularizers.Regularizer,
        keras.constraints.Constraint,
        keras.layers.Layer,
        WeightDecay,
        LabelSmoothing,
    )
    parts = {f"regularizer.{name}": make(f"regularizer.{name}", p.spec()) for name, p in settings.regularizer.items()}
    if strange := [key for key, part in parts.items() if not isinstance(part, kinds)]:
        raise ConfigError(f"{', '.join(strange)}: not a Keras regularizer, constraint or layer")
    return parts


def _of_kind(parts: Mapping[str, Any], kind: type[Kind]) -> list[Kind]:
    return [part for part in parts.values() if isinstance(part, kind)]


def _build_hidden(settings: Settings, parts: Mapping[str, Any], *, binary: bool) -> Hidden:
    penalties = {key: part for key, part in parts.items() if isinstance(part, keras.regularizers.Regularizer)}
    constraints = _of_kind(parts, keras.constraints.Constraint)
    if len(constraints) > 1:
        raise ConfigError("regularizer: a kernel takes one constraint")
    at_input = {f"regularizer.{name}" for name, part in settings.regularizer.items() if part.place == "input"}
    layers = {key: part for key, part in parts.items() if isinstance(part, keras.layers.Layer)}
    of_maps = {key for key, layer in layers.items() if needs_maps(layer)}
    normalization = settings.normalization
    return Hidden(
        initializer=make("initializer", settings.initializer.spec()),
        regularizer=_combined(penalties),
        constraint=next(iter(constraints), None),
        normalization=make("normalization", normalization.spec()) if normalization else None,
        normalize_after=normalization is not None and normalization.place == "after",
        input_layers=tuple(layer for key, layer in layers.items() if key in at_input),
        unit_layers=tuple(layer for key, layer in layers.items() if key not in at_input | of_maps),
        map_layers=tuple(layer for key, layer in layers.items() if key in of_maps - at_input),
        binary=binary,
    )


def _combined(penalties: dict[str, keras.regularizers.Regularizer]) -> keras.regularizers.Regularizer | None:
    """Return a single regularizer, because Keras accepts only one; L1 and L2 are combined into L1L2."""
    if len(penalties) <= 1:
        return next(iter(penalties.values()), None)
    total = {"l1": 0.0, "l2": 0.0}
    for key, penalty in penalties.items():
        if type(penalty) not in (keras.regularizers.L1, keras.regularizers.L2, keras.regularizers.L1L2):
            raise ConfigError(
                f"{key}: cannot be combined with {', '.join(penalties.keys() - {key})}: a kernel takes one penalty"
            )
        for name, strength in penalty.get_config().items():
            total[name] += float(strength)
    return keras.regularizers.L1L2(**total)


def _build_metrics(settings: Settings, form: Form) -> list[Any]:
    built: list[Any] = []
    for metric in settings.training.metrics:
        if not isinstance(metric, str):
            built.append(make("training.metrics", metric.spec()))
            refuse_other_labels(metric.target, form)
            continue
        if metric != "accuracy":
            check_name("training.metrics", metric, keras.metrics)
            refuse_other_labels(metric, form)
        built.append(metric)
    return [*built, cross_entropy(form)]


def _build_optimizer(
    settings: Settings, regularizers: Mapping[str, Any], steps_per_epoch: int
) -> keras.optimizers.Optimizer:
    spec = settings.optimizer.spec()
    decays = _of_kind(regularizers, WeightDecay)
    decay = {"weight_decay": decays[0].weight_decay} if decays else {}
    if twice := spec.keys() & (settings.clipping.options | decay):
        key = sorted(twice)[0]
        raise ConfigError(f"optimizer.{key}: another group sets it too; set only optimizer.{key}")
    learning_rate = _build_learning_rate(settings, steps_per_epoch)
    optimizer = make("optimizer", spec | settings.clipping.options | decay | {"learning_rate": learning_rate})
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise ConfigError(f"optimizer._target_={settings.optimizer.target}: does not create a Keras optimizer")
    return optimizer


def _build_learning_rate(settings: Settings, steps_per_epoch: int) -> Any:
    """Return the optimizer's learning rate: a schedule that starts from the base rate, or the base rate itself."""
    rate = settings.optimizer.learning_rate
    if _is_callback(settings):
        return rate
    spec = {
        name: value
        if name.startswith("_")
        else in_steps(f"schedule.{name}", value, steps_per_epoch, settings.training.epochs)
        for name, value in settings.schedule.spec().items()
    }
    return make("schedule", spec, initial_learning_rate=rate)


def _is_callback(settings: Settings) -> bool:
    target = locate("schedule", settings.schedule.target)
    return inspect.isclass(target) and issubclass(target, keras.callbacks.Callback)
