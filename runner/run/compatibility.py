"""Compatibility of a run's parts: errors if they do not fit together, warnings if one has no effect."""

import string
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from keras import Model
from keras.callbacks import Callback

from runner.config.schema import Settings
from runner.config.trust import is_of_the_user
from runner.core.errors import ConfigError
from runner.core.text import counted, did_you_mean
from runner.data.dataset import Dataset
from runner.engine.keras_internals import better_direction
from runner.models.images import needs_images
from runner.models.objective import DENSE, SPARSE, Form
from runner.optim.snapshots import Snapshots
from runner.run.instantiate import brief, defaults, locate, make

_CHARACTERS = dict.fromkeys(("mnist", "mnist_5k", "digits", "emnist_digits"), "digits") | {
    "emnist_letters": "letters",
    "emnist_balanced": "letters and digits",
    "kmnist": "characters",
}
_NO_OUTPUT = "Computed output size would be zero or negative"  # Keras 3.15's text for convolutions and pooling
_OF_A_FILE_NAME = frozenset({"epoch", "batch"})  # fields that Keras fills in, in addition to metrics


def measured_metrics(model: Model) -> list[str]:
    """Return the names of the metrics that callbacks see at the end of an epoch.

    Args:
        model: compiled, and tried on an example.
    """
    names = list(model.get_metrics_result())
    return [*names, *(f"val_{name}" for name in names)]


def refuse_unmeasured(callbacks: Mapping[str, Callback], model: Model) -> list[str]:
    """Reject callbacks that watch an unmeasured metric, or one without a known better direction.

    Keras reports a missing `mode` only after the first epoch, and a callback without its metric never acts.

    Args:
        callbacks: callbacks by their key in the configuration.

    Returns:
        warnings, instead of errors if an earlier callback of the user may add the metric.

    Raises:
        ConfigError: naming the key, and the nearest metric.
    """
    measured = measured_metrics(model)
    directed = {"loss", *(metric.name for metric in _metrics(model) if better_direction(metric))}
    warnings = []
    may_be_added = False
    for key, callback in callbacks.items():
        for argument, name in _names(callback):
            if name not in measured:
                text = f"{key}.{argument}={name}: not measured{did_you_mean(name, measured)}"
                if not may_be_added:
                    raise ConfigError(text)
                warnings.append(f"{text}, unless an earlier callback adds it.")
            elif argument == "monitor" and _needs_a_mode(callback) and name.removeprefix("val_") not in directed:
                raise ConfigError(
                    f"{key}.mode: must be min or max, because it is unknown whether a higher or lower {name} is better"
                )
        may_be_added = may_be_added or is_of_the_user(type(callback).__module__)
    return warnings


def _names(callback: Callback) -> Iterable[tuple[str, str]]:
    """Yield a callback's arguments that are names of metrics, with these names."""
    monitor = getattr(callback, "monitor", None)
    if isinstance(monitor, str):
        yield "monitor", monitor
    path = getattr(callback, "filepath", None)
    if isinstance(path, str):
        fields = (field for _, field, _, _ in string.Formatter().parse(path) if field)
        yield from (("filepath", field) for field in fields if field not in _OF_A_FILE_NAME)


def _needs_a_mode(callback: Callback) -> bool:
    only_the_best = getattr(callback, "save_best_only", True)  # ModelCheckpoint watches no metric otherwise
    return bool(only_the_best) and getattr(callback, "mode", None) == "auto"


def _metrics(model: Model) -> Iterable[Any]:
    for metric in model.metrics:
        yield from getattr(metric, "metrics", [metric])


def refuse_no_images(settings: Settings, shape: tuple[int, ...]) -> None:
    """Raise ConfigError if the model needs images and the examples are not images."""
    builder = locate("model", settings.model.target)
    if len(shape) == 3 or not needs_images(builder):
        return
    examples = f"rows of {counted(shape[0], 'number')}" if len(shape) == 1 else f"examples of shape {shape}"
    raise ConfigError(
        f"model: {builder.__name__} needs images (height, width, channels); {settings.dataset.name} has {examples}; "
        "model=mlp takes them"
    )


@contextmanager
def too_small_images_refused(settings: Settings, shape: tuple[int, ...]) -> Iterator[None]:
    """Replace Keras's error about a layer without output with one about the model and the images."""
    try:
        yield
    except ConfigError as error:
        if _NO_OUTPUT not in str(error.__cause__):
            raise
        builder = locate("model", settings.model.target)
        keeps_size = "use +model.padding=same, or " if "padding" in defaults(builder) else ""
        raise ConfigError(
            f"model: {builder.__name__} shrinks images of {shape[0]}x{shape[1]} ({settings.dataset.name}) to nothing; "
            f"{keeps_size}choose a model for small images (model=mlp takes all)"
        ) from error


def misleading_parts(settings: Settings, dataset: Dataset) -> list[str]:
    """Return a warning for each augmentation that changes the meaning of the images."""
    shown = _CHARACTERS.get(dataset.name)
    return [
        f"augmentation.{name} turns {shown} into other characters, and {dataset.name} consists of {shown}."
        for name, part in settings.augmentation.items()
        if shown and getattr(locate("", part.target), "changes_digits", False)
    ]


def idle_parts(settings: Settings, model: Model, regularizers: Mapping[str, Any]) -> list[str]:
    """Return a warning for each part without effect on the model."""
    kinds = {type(layer) for layer in model.layers}
    acts = {
        keras.regularizers.Regularizer: any(getattr(weight, "regularizer", None) for weight in model.weights),
        keras.constraints.Constraint: any(getattr(weight, "constraint", None) for weight in model.weights),
    }
    idle = [
        key for key, part in regularizers.items() if isinstance(part, keras.layers.Layer) and type(part) not in kinds
    ]
    idle += [
        key for key, part in regularizers.items() for kind, used in acts.items() if isinstance(part, kind) and not used
    ]
    if settings.normalization and type(make("normalization", settings.normalization.spec())) not in kinds:
        idle.append("normalization")
    return [f"{key} has no effect: this model has no hidden layers that use it." for key in idle]


def refuse_idle_settings(settings: Settings, batch_size: int, steps: int) -> None:
    """Raise ConfigError for settings that allow no update of the weights, or no mixing of images."""
    accumulated = settings.optimizer.gradient_accumulation_steps or 1
    if accumulated > steps:
        raise ConfigError(
            f"optimizer.gradient_accumulation_steps={accumulated}: more than the {steps} steps of training"
        )
    for name, part in settings.augmentation.items():
        if batch_size == 1 and getattr(locate("", part.target), "mixes_labels", False):
            raise ConfigError(f"augmentation.{name}: mixes the images of a batch, but training.batch_size is 1")


def refuse_too_few_snapshots(callbacks: list[Callback], epochs: int) -> None:
    """Raise ConfigError for a snapshot ensemble that would have a single member."""
    for callback in callbacks:
        if isinstance(callback, Snapshots) and 2 * callback.every > epochs:
            remedy = f"use training.epochs={2 * callback.every} or more, or a smaller every"
            raise ConfigError(
                f"callbacks.snapshots.every={callback.every}: fewer than two snapshots in {epochs} epochs; {remedy}"
            )


def refuse_idle_layers(model: Model, regularizers: Mapping[str, Any]) -> None:
    """Raise ConfigError for a layer that needs feature maps in a model without any."""
    kinds = {type(layer) for layer in model.layers}
    for key, part in regularizers.items():
        if isinstance(part, keras.layers.Layer) and needs_maps(part) and type(part) not in kinds:
            raise ConfigError(f"{key}: {type(part).__name__} needs feature maps, and this model has none")


def needs_maps(layer: keras.layers.Layer) -> bool:
    """Return whether a layer takes only feature maps."""
    return getattr(layer.input_spec, "ndim", None) == 4


def refuse_other_labels(metric: str, form: Form) -> None:
    """Raise ConfigError for a Keras metric that misreads labels of this form, often silently."""
    name = metric.removeprefix("keras.metrics.")
    if "." in name:  # the user's own metric
        return
    takes_integers = name.lower().startswith("sparse")
    if form == "integers" and not takes_integers:
        remedy = f"use training.loss={DENSE}, or binary_crossentropy for two classes"
        raise ConfigError(f"training.metrics={metric}: does not take class numbers, which the loss needs; {remedy}")
    if form != "integers" and takes_integers:
        raise ConfigError(f"training.metrics={metric}: takes class numbers; use training.loss={SPARSE}")


def try_out(model: Model, seen: tuple[np.ndarray, np.ndarray], settings: Settings) -> None:
    """Run the compiled model on two examples, so that parts that do not fit fail before training."""
    with _fits("model", "the data"):
        probabilities = model(seen[0])
    with _fits(f"training.loss={settings.training.loss}", "model and data"):
        model.compute_loss(*seen, probabilities)
    names = ",".join(metric if isinstance(metric, str) else metric.target for metric in settings.training.metrics)
    with _fits(f"training.metrics=[{names}]", "model and data"):
        results = model.compute_metrics(*seen, probabilities)
    for name, value in results.items():
        if np.size(value) != 1:
            raise ConfigError(
                f"training.metrics: {name} is not a single number; average it, for example with average: macro"
            )
    model.reset_metrics()


@contextmanager
def _fits(key: str, what: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # Keras and its backends share no error class for this
        raise ConfigError(f"{key}: does not fit {what}: {brief(error)}") from error
