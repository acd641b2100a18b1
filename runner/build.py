"""The composition root: from settings to data, model, optimizer and callbacks. The only file that instantiates."""

import inspect
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
from hydra.errors import InstantiationException
from hydra.utils import get_object, instantiate

from runner.config.errors import ConfigError, UserError, did_you_mean
from runner.config.schema import Settings
from runner.data.dataset import Dataset, Part, Split
from runner.data.splits import split_dataset
from runner.engine.weights import fresh_session, initialize
from runner.models.hidden import Hidden

# Arguments of callbacks that name a file or directory: relative ones are taken from the run directory.
_PATH_ARGUMENTS = ("log_dir", "filename", "filepath", "backup_dir")


@dataclass(frozen=True)
class Parts:
    """What a run is made of, ready to train."""

    split: Split
    model: keras.Model
    callbacks: list[keras.callbacks.Callback]
    batch_size: int


def build_parts(settings: Settings, dataset: Dataset, directory: Path) -> Parts:
    """Build everything but the data set, with the initial weights of the run's seed.

    Raises:
        UserError: if a part cannot be built, or does not fit the others.
    """
    split = build_split(settings, dataset)
    examples = len(split.train)
    batch_size = examples if settings.training.batch_size == "full" else settings.training.batch_size
    fresh_session(settings.seed)
    model = build_model(settings, split.train, dataset.classes, steps_per_epoch=math.ceil(examples / batch_size))
    initialize(model, settings.seed)
    return Parts(split, model, build_callbacks(settings, directory), batch_size)


def build_dataset(settings: Settings) -> Dataset:
    """Load the data set."""
    dataset: Dataset = _make("dataset", settings.dataset.spec())
    return dataset


def build_split(settings: Settings, dataset: Dataset) -> Split:
    """Split and preprocess the data set."""
    chosen = settings.dataset
    split = split_dataset(dataset, chosen.validation_split, chosen.split, chosen.split_seed)
    processed: Split = _make("preprocessing", settings.preprocessing.spec(), split=split)
    return processed


def build_model(settings: Settings, data: Part, classes: int, steps_per_epoch: int) -> keras.Model:
    """Build the model, compile it with optimizer, loss and metrics, and try it on two examples of the data."""
    seen = data.images[:2], data.labels[:2]
    model = _make(
        "model", settings.model.spec(), input_shape=seen[0].shape[1:], classes=classes, hidden=_build_hidden(settings)
    )
    loss, metrics = settings.training.loss, settings.training.metrics
    _check_name("training.loss", loss, keras.losses)
    for metric in metrics:
        if metric != "accuracy":
            _check_name("training.metrics", metric, keras.metrics)
    model.compile(optimizer=_build_optimizer(settings, steps_per_epoch), loss=loss, metrics=list(metrics))
    with _fits("model", "the data"):
        probabilities = model(seen[0])
    with _fits(f"training.loss={loss}", "model and data"):
        model.compute_loss(*seen, probabilities)
    with _fits(f"training.metrics=[{','.join(metrics)}]", "model and data"):
        model.compute_metrics(*seen, probabilities)
    model.reset_metrics()
    return model


def build_callbacks(settings: Settings, directory: Path) -> list[keras.callbacks.Callback]:
    """Build the callbacks; relative paths they write to lie in the run directory."""
    built = []
    for name, callback in settings.callbacks.items():
        spec = callback.spec()
        paths = {key: str(directory / spec[key]) for key in _PATH_ARGUMENTS if isinstance(spec.get(key), str)}
        built.append(_make(f"callbacks.{name}", spec | paths))
    return built


def _build_hidden(settings: Settings) -> Hidden:
    parts = {
        f"regularizer.{name}": _make(f"regularizer.{name}", part.spec()) for name, part in settings.regularizer.items()
    }
    layers = {key: part for key, part in parts.items() if isinstance(part, keras.layers.Layer)}
    penalties = {key: part for key, part in parts.items() if isinstance(part, keras.regularizers.Regularizer)}
    if strange := parts.keys() - layers.keys() - penalties.keys():
        raise ConfigError(f"{', '.join(sorted(strange))}: neither a Keras regularizer nor a Keras layer")
    return Hidden(
        initializer=_make("initializer", settings.initializer.spec()),
        regularizer=_combined(penalties),
        layers=tuple(layers.values()),
    )


def _combined(penalties: dict[str, keras.regularizers.Regularizer]) -> keras.regularizers.Regularizer | None:
    """Return the one regularizer that Keras has room for; L1 and L2 are put together in its L1L2."""
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


def _build_optimizer(settings: Settings, steps_per_epoch: int) -> keras.optimizers.Optimizer:
    spec = settings.schedule.spec()
    if spec.get("decay_steps", 0) is None:
        spec["decay_steps"] = steps_per_epoch * settings.training.epochs
    learning_rate = _make("schedule", spec, initial_learning_rate=settings.optimizer.learning_rate)
    optimizer = _make("optimizer", settings.optimizer.spec() | {"learning_rate": learning_rate})
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise ConfigError(f"optimizer._target_={settings.optimizer.target}: does not make a Keras optimizer")
    return optimizer


@contextmanager
def _fits(key: str, what: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # Keras and its backends have no error in common for this
        raise ConfigError(f"{key}: does not fit {what}: {_brief(error)}") from error


def _make(key: str, spec: dict[str, Any], **at_run_time: Any) -> Any:
    """Instantiate one part, or say which key of it is wrong.

    Every part is made in two steps, a partial from the configuration and a call with what only the run knows, so that
    run-time objects do not pass through OmegaConf.
    """
    target = _locate(key, spec["_target_"])
    given = {name: value for name, value in spec.items() if not name.startswith("_")}
    accepted, open_ended = _parameters(target)
    unknown = [name for name in given if name not in accepted]
    if unknown and not open_ended:
        raise _no_such_argument(key, unknown[0], given, target, accepted)
    try:
        return instantiate(spec | {"_partial_": True}, _convert_="all")(**at_run_time)
    except UserError:
        raise
    except Exception as error:  # whatever a library or the user's own code raises for its arguments
        if unknown:
            raise _no_such_argument(key, unknown[0], given, target, accepted) from error
        cause = error.__cause__ if isinstance(error, InstantiationException) and error.__cause__ else error
        raise ConfigError(f"{key}: {spec['_target_']}: {_brief(cause)}") from error


def _locate(key: str, path: str) -> Any:
    try:
        target = get_object(path)
    except Exception as error:  # whatever importing the user's module raises
        module, _, name = path.rpartition(".")
        try:
            nearest = did_you_mean(name, [known for known in dir(get_object(module)) if not known.startswith("_")])
        except Exception:  # the module itself is what does not exist
            nearest = f" ({_brief(error)})"
        raise ConfigError(f"{key}._target_={path}: no such class or function{nearest}") from error
    if not callable(target):
        raise ConfigError(f"{key}._target_={path}: neither a class nor a function")
    return target


def _parameters(target: Any) -> tuple[set[str], bool]:
    """Return the arguments a target names, and whether it takes others too.

    A class that passes **kwargs on takes its parent's as well.
    """
    functions = [target]
    if inspect.isclass(target):
        functions = [vars(base)["__init__"] for base in target.__mro__[:-1] if "__init__" in vars(base)]
    names: set[str] = set()
    for function in functions:
        parameters = inspect.signature(function).parameters.values()
        by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        names |= {parameter.name for parameter in parameters if parameter.kind in by_name} - {"self"}
        if not any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
            return names, False
    return names, True


def _no_such_argument(key: str, name: str, given: dict[str, Any], target: Any, accepted: set[str]) -> ConfigError:
    return ConfigError(
        f"{key}.{name}={given[name]}: {target.__name__} takes no such argument{did_you_mean(name, accepted)}"
    )


def _check_name(key: str, name: str, module: Any) -> None:
    known = [known for known in dir(module) if known.islower() and known not in ("get", "serialize", "deserialize")]
    try:
        module.get(name)
    except ValueError as error:
        raise ConfigError(f"{key}={name}: not in Keras{did_you_mean(name, known)}") from error
    except TypeError as error:  # Keras makes an object of a class that is named
        raise ConfigError(f"{key}={name}: needs arguments, which cannot be given here: {_brief(error)}") from error


def _brief(error: BaseException) -> str:
    text = re.sub(r"\{\{.*?\}\}", "", str(error))  # TensorFlow's name of the operation
    return next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)
