"""Schema of a resolved configuration: types, ranges and combinations (the second of three checks)."""

import inspect
import re
from typing import Annotated, Any, Literal, Self, get_args

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException
from pydantic import BaseModel, BeforeValidator, Field, ValidationError, field_validator, model_validator

from runner.config.identity import leaves
from runner.config.keras_names import unknown_name, unknown_target
from runner.config.ranges import (
    AtLeastOne,
    Count,
    Fraction,
    NonNegative,
    OpenFraction,
    Positive,
    TwoOrMore,
    WholeNumber,
)
from runner.config.section import Part, Section
from runner.config.trust import OWN, TRUST, package_of
from runner.core.errors import ConfigError
from runner.core.streams import StreamName
from runner.core.text import did_you_mean

CONSTANT_SCHEDULE = "runner.optim.constant.constant"  # by name, because importing it would be circular
_NESTED_KEY = re.compile(r"[\w.]+=")
SWEEP_KEYS = ("study", "search", "seeds", "folds", "dry_run", "fail_fast")  # they configure a sweep, not a run


class DatasetPart(Part):
    """A loader, with the split and subsampling of its training set."""

    OURS = frozenset(
        {"validation_split", "split", "split_seed", "train_size", "label_noise", "class_imbalance"}
        | {"folds", "fold", "fold_from"}
    )

    name: str
    """Name of the data set in records and reports."""
    root: str | None = None
    """Directory of the files; null: the user's cache directory."""
    path: str | None = None
    """Your own file or folder."""
    url: str | None = None
    """Address from which missing files are downloaded once."""
    validation_split: OpenFraction
    """Share of the training set that is set aside for validation."""
    split: Literal["last", "random", "stratified"]
    """Examples that are set aside: the last ones (as in Keras), a random draw, or a random draw from each class."""
    split_seed: WholeNumber
    """Seed of random splits and of label noise; independent of the run's seed."""
    train_size: Count | None = None
    """Number of training examples, after the validation set is set aside; null: all."""
    label_noise: OpenFraction | None = None
    """Share of wrong training labels."""
    class_imbalance: AtLeastOne | None = None
    """Training examples of the largest class per example of the smallest."""
    folds: TwoOrMore | None = None
    """Number of folds of cross-validation, drawn with `split_seed`."""
    fold: WholeNumber | None = None
    """The fold that is the test part, counted from 0."""
    fold_from: Literal["all", "train"] | None = None
    """The examples to divide into folds; null: all, if the source has no test part."""

    @model_validator(mode="after")
    def _fold_is_one_of_the_folds(self) -> Self:
        if self.folds is None:
            given = {"fold": self.fold, "fold_from": self.fold_from}
            for key, value in given.items():
                if value is not None:
                    raise ValueError(f"{key}={value}: has no effect without folds")
        elif self.fold is None:
            raise ValueError(
                f"folds={self.folds}: needs dataset.fold, 0 to {self.folds - 1}; "
                f"folds={self.folds} in place of dataset.folds={self.folds} trains every fold"
            )
        elif self.fold >= self.folds:
            raise ValueError(f"fold={self.fold}: must be 0 to {self.folds - 1}, one of the {self.folds} folds")
        return self


class NormalizationPart(Part):
    """A Keras normalization layer, before or after each hidden activation."""

    OURS = frozenset({"place"})

    place: Literal["before", "after"] = "before"
    """Before or after the activation."""
    momentum: Fraction = 0.0
    groups: int = 1


class ModelPart(Part):
    """A builder of a Keras model, with the settings that all models share."""

    OURS = frozenset({"small", "init_from", "freeze"})

    small: bool = False
    """True for a model whose operations are too small to split; device.threads=auto then means one CPU thread."""
    init_from: str | None = None
    """Directory of a run; training starts from its weights."""
    freeze: list[str] | None = None
    """Patterns of layers to freeze: [conv_*]."""
    hidden_units: list[Count] = Field(default=[])
    """Units of each hidden layer."""


class OptimizerPart(Part):
    """A Keras optimizer."""

    OURS = frozenset({"layerwise", "exclude_from_weight_decay"})

    learning_rate: Positive
    """Learning rate at the start; the schedule changes it."""
    layerwise: dict[str, Positive] | None = None
    """Learning rates of layers: {decay: 0.8}, or a multiplier for each pattern: {hidden_*: 0.1}."""
    exclude_from_weight_decay: list[str] | None = None
    """Patterns of weights, usually [bias, gamma, beta]; Keras decays all weights."""
    gradient_accumulation_steps: Count | None = None
    """Batches whose gradients are averaged for one update."""
    weight_decay: NonNegative | None = None
    momentum: Fraction = 0.0
    beta_1: Fraction = 0.0
    beta_2: Fraction = 0.0
    rho: Fraction = 0.0
    epsilon: NonNegative = 0.0

    @model_validator(mode="after")
    def _averages_elsewhere(self) -> Self:
        if (self.model_extra or {}).get("use_ema"):
            raise ValueError("use_ema=true: validation and test would use different weights; use averaging=ema")
        return self

    def spec(self) -> dict[str, Any]:
        """Return the optimizer's arguments, without unused ones, which a user's class may not accept."""
        unused = {"gradient_accumulation_steps": 1}  # Keras rejects 1, but a sweep over 1, 2, 4 needs it
        given = super().spec().items()
        return {key: value for key, value in given if value is not None and unused.get(key) != value}


class SchedulePart(Part):
    """A learning-rate schedule, called with the optimizer's learning rate, or a callback that sets the rate.

    A length is a number of steps, or a number of epochs ("5epochs"), or null: the whole run.
    """

    decay_rate: Positive = 1.0
    alpha: NonNegative = 0.0
    gamma: Positive = 1.0
    factor: Positive = 1.0
    patience: WholeNumber = 0

    @property
    def is_constant(self) -> bool:
        """Return whether callbacks may set the rate."""
        return self.target == CONSTANT_SCHEDULE


class RegularizerPart(Part):
    """A penalty, constraint or layer of Keras, weight decay or label smoothing; `place` applies only to layers."""

    OURS = frozenset({"place"})

    place: Literal["hidden", "input"] = "hidden"
    """Place of a layer: after each hidden layer, or after the input."""
    l1: NonNegative = 0.0
    l2: NonNegative = 0.0
    rate: Fraction = 0.0
    stddev: NonNegative = 0.0
    max_value: Positive = 1.0
    weight_decay: NonNegative = 0.0
    label_smoothing: Fraction = 0.0


class CallbackPart(Part):
    """A Keras callback; paths are relative to the run directory."""

    patience: WholeNumber = 0


class AveragingPart(Part):
    """A callback that puts averaged weights into the model for each evaluation."""

    momentum: Fraction = 0.0
    epochs: Count = 1


def _whole_or_count(value: Any) -> Any:
    if value != "full" and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ValueError("must be an integer of at least 1, or full (the whole training set in one step)")
    return value


def _auto_or_count(value: Any) -> Any:
    if value != "auto" and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ValueError("must be an integer of at least 1, or auto")
    return value


def _auto_or_bool(value: Any) -> Any:
    if value != "auto" and not isinstance(value, bool):
        raise ValueError("must be true, false or auto")
    return value


class Training(Section):
    """Epochs, batch size, loss and metrics."""

    epochs: Count
    """Passes over the training set."""
    batch_size: Annotated[Count | Literal["full"], BeforeValidator(_whole_or_count)]
    """Examples in each step; full: the whole training set in one step."""
    loss: str
    """Name of a Keras loss."""
    metrics: list[str | Part]
    """Metrics of each epoch: a Keras metric's name, or a metric with _target_ and its arguments."""


class Clipping(Section):
    """Gradient clipping: arguments that every Keras optimizer takes."""

    clipvalue: Positive | None = None
    """Largest absolute value of a component of a gradient."""
    clipnorm: Positive | None = None
    """Largest L2 norm of a variable's gradient."""
    global_clipnorm: Positive | None = None
    """Largest L2 norm of all gradients together."""

    @model_validator(mode="after")
    def _one_at_most(self) -> Self:
        if len(self.options) > 1:
            raise ValueError(f"{' and '.join(self.options)} are mutually exclusive; set only one of them")
        return self

    @property
    def options(self) -> dict[str, float]:
        """The argument for the optimizer: one entry, or none."""
        return self.model_dump(exclude_none=True)


class Device(Section):
    """Device, threads, precision and compilation."""

    kind: Literal["auto", "cpu", "gpu"]
    """Auto: a GPU if there is one, else the CPU."""
    threads: Annotated[Count | Literal["auto"], BeforeValidator(_auto_or_count)]
    """CPU threads; auto: one for a model with small: true, else one per core."""
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"]
    """Precision of the computation; weights are float32."""
    jit_compile: Annotated[bool | Literal["auto"], BeforeValidator(_auto_or_bool)]
    """XLA; auto: only on a GPU, because it is slower on a CPU."""
    stacked_seeds: Annotated[Count | Literal["auto"], BeforeValidator(_auto_or_count)] = "auto"
    """Runs of a sweep to train as one batch of models; auto: up to 64 on a GPU, each alone on a CPU."""


class StreamSeeds(Section):
    """Seeds of individual streams of randomness; null: the run's seed."""

    weights: WholeNumber | None = None
    """Initial weights."""
    order: WholeNumber | None = None
    """Order of the examples in each epoch."""
    dropout: WholeNumber | None = None
    """Dropout and noise layers."""
    augmentation: WholeNumber | None = None
    """Random changes of the training images."""


def _none_for_empty(value: Any) -> Any:
    return None if value == {} else value


def _by_name(value: Any) -> Any:
    """Return the parts of a list group; in older runs and options, a single part has no name."""
    return {"tracker": value} if isinstance(value, dict) and "_target_" in value else value


class Settings(Section):
    """The configuration of one run."""

    name: str
    """Name of the run in its record and in reports."""
    seed: WholeNumber
    """Seed of all streams of randomness except the split of the data."""
    training: Training
    preprocessing: Part
    dataset: DatasetPart
    augmentation: dict[str, Part]
    normalization: Annotated[NormalizationPart | None, BeforeValidator(_none_for_empty)]
    initializer: Part
    model: ModelPart
    optimizer: OptimizerPart
    schedule: SchedulePart
    clipping: Clipping
    averaging: Annotated[AveragingPart | None, BeforeValidator(_none_for_empty)]
    regularizer: dict[str, RegularizerPart]
    callbacks: dict[str, CallbackPart]
    diagnostics: dict[str, Part]
    device: Device
    tracking: Annotated[dict[str, Part], BeforeValidator(_by_name)] = Field(default={})  # missing from older runs
    stream_seeds: StreamSeeds = StreamSeeds()  # missing from older runs

    def seed_of(self, stream: StreamName) -> int:
        """Return the seed of a stream of randomness: its own, or the run's."""
        own: int | None = getattr(self.stream_seeds, stream)
        return self.seed if own is None else own

    @field_validator("name")
    @classmethod
    def _name_is_one_line(cls, value: str) -> str:
        if not value.strip() or not value.isprintable():
            raise ValueError("must be printable text on one line")
        return value

    @model_validator(mode="after")
    def _one_owner_of_the_learning_rate(self) -> Self:
        for name, callback in self.callbacks.items():
            if not self.schedule.is_constant and callback.target.endswith(
                (".ReduceLROnPlateau", ".LearningRateScheduler")
            ):
                raise ValueError(f"callbacks.{name} sets the learning rate itself, so it needs schedule=constant")
        return self

    @model_validator(mode="after")
    def _keras_has_the_names(self) -> Self:
        """Refuse names that Keras does not know, without importing it."""
        named = [("training.loss", "losses", self.training.loss)]
        named += [
            ("training.metrics", "metrics", metric)
            for metric in self.training.metrics
            if isinstance(metric, str) and metric != "accuracy"
        ]
        own = self.model.model_extra or {} if package_of(self.model.target) == OWN else {}
        named += [(f"model.{key}", "activations", value) for key, value in own.items() if key.endswith("activation")]
        wrong = [
            f"{key}={value}: {text}"
            for key, module, value in named
            if isinstance(value, str) and (text := unknown_name(module, value))
        ]
        wrong += [
            f"{key}={value}: {text}"
            for key, value in leaves(self.model_dump(by_alias=True, exclude_unset=True))
            if key.endswith("_target_") and isinstance(value, str) and (text := unknown_target(value))
        ]
        if wrong:
            raise ValueError("\n".join(wrong))
        return self


def resolve(config: DictConfig) -> dict[str, Any]:
    """Return a run's composed configuration as plain dictionaries and lists, with no interpolation left.

    Raises:
        ConfigError: if an interpolation cannot be resolved, or a mandatory value is missing.
    """
    try:
        resolved = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    except MissingMandatoryValue as error:
        raise ConfigError(f"{error.full_key}: must be given ({error.full_key}=...)") from error
    except OmegaConfBaseException as error:
        raise ConfigError(f"{error.full_key or 'configuration'}: {str(error).partition(chr(10))[0]}") from error
    assert isinstance(resolved, dict)
    found = {str(key): value for key, value in resolved.items() if key not in (*SWEEP_KEYS, TRUST)}
    return found | _without_usual_streams(found)


def _without_usual_streams(config: dict[str, Any]) -> dict[str, Any]:
    """Return the streams' own seeds, with null for those that equal the run's, because both mean the same run."""
    own = config.get("stream_seeds")
    if not isinstance(own, dict):
        return {}
    usual = config.get("seed")
    return {"stream_seeds": {name: None if type(seed) is int and seed == usual else seed for name, seed in own.items()}}


def check(config: dict[str, Any]) -> Settings:
    """Validate a resolved configuration against the schema.

    Raises:
        ConfigError: with a line for each invalid key: key, value, what is allowed.
    """
    try:
        return Settings.model_validate(config)
    except ValidationError as error:
        raise ConfigError(error_lines(error, Settings)) from error


def error_lines(error: ValidationError, section: type[BaseModel], prefix: str = "") -> str:
    """Return a line for each invalid key.

    Args:
        prefix: the section's own key.
    """
    return "\n".join(_line(dict(issue), section, prefix) for issue in error.errors())


def _line(issue: dict[str, Any], section: type[BaseModel], prefix: str) -> str:
    key = ".".join(str(part) for part in ((prefix,) if prefix else ()) + issue["loc"])
    given = f"{key}={_short(issue['input'])}"
    match issue["type"]:
        case "value_error" if not key:
            return str(issue["ctx"]["error"])
        case "value_error" if isinstance(issue["input"], dict):  # the text starts with a nested key, or lists several
            text = str(issue["ctx"]["error"])
            return f"{key}.{text}" if _NESTED_KEY.match(text) else f"{key}: {text}"
        case "value_error":
            return f"{given}: {issue['ctx']['error']}"
        case "model_type" | "dict_type":
            return f"{given}: must be a mapping (such as _target_ and its arguments), not a single value"
        case "list_type":
            return f"{given}: must be a list: {key}=[{_short(issue['input'])}]"
        case "missing":
            return f"{key}: must be given"
        case "extra_forbidden":
            return f"{given}: no such key{did_you_mean(str(issue['loc'][-1]), _siblings(issue['loc'], section))}"
        case "literal_error":
            return f"{given}: must be {issue['ctx']['expected']}"
        case _:
            return f"{given}: {issue['msg'].removeprefix('Input ').replace('should', 'must')}"


def _siblings(location: tuple[str | int, ...], section: type[BaseModel]) -> list[str]:
    for step in location[:-1]:
        if str(step) not in section.model_fields:  # the key of a dictionary of sections
            continue
        annotation = section.model_fields[str(step)].annotation
        below = [
            kind for kind in (annotation, *get_args(annotation)) if inspect.isclass(kind) and issubclass(kind, Section)
        ]
        if not below:
            return []
        section = below[0]
    return list(section.model_fields)


def _short(value: Any) -> str:
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
