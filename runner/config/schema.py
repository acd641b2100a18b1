"""The types, ranges and combinations that a resolved configuration must keep (the second of three checks)."""

from typing import Annotated, Any, Literal, Self

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from runner.config.errors import ConfigError, did_you_mean
from runner.config.ranges import Count, Fraction, NonNegative, OpenFraction, Positive, WholeNumber


class Section(BaseModel):
    """A group whose keys are all ours: an unknown one is an error."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Part(BaseModel):
    """A group that names a class or function of some library; further keys are arguments for it.

    Fields name the arguments whose range is known before that library is imported.
    """

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    target: str = Field(alias="_target_", min_length=1)

    def spec(self) -> dict[str, Any]:
        """Return the part as it stood in the configuration."""
        return self.model_dump(by_alias=True, exclude_unset=True)


class DatasetPart(Part):
    """A loader, and how its training set is split."""

    name: str
    validation_split: OpenFraction
    split: Literal["last", "random"]
    split_seed: WholeNumber

    def spec(self) -> dict[str, Any]:
        """Return the loader's part alone; splitting is the same for every loader."""
        return {
            key: value
            for key, value in super().spec().items()
            if key not in ("validation_split", "split", "split_seed")
        }


class ModelPart(Part):
    """A builder of a Keras model, and whether its operations are too small to be worth splitting over threads."""

    small: bool = False
    hidden_units: list[Count] = []

    def spec(self) -> dict[str, Any]:
        """Return the builder's part alone."""
        return {key: value for key, value in super().spec().items() if key != "small"}


class OptimizerPart(Part):
    """A Keras optimizer."""

    learning_rate: Positive
    momentum: Fraction = 0.0
    beta_1: Fraction = 0.0
    beta_2: Fraction = 0.0
    rho: Fraction = 0.0
    epsilon: NonNegative = 0.0


class SchedulePart(Part):
    """A learning-rate schedule, called with the optimizer's learning rate."""

    decay_steps: Count | None = None
    decay_rate: Positive = 1.0
    alpha: NonNegative = 0.0


class RegularizerPart(Part):
    """A Keras regularizer (on hidden kernels) or layer (after each hidden activation)."""

    l1: NonNegative = 0.0
    l2: NonNegative = 0.0
    rate: Fraction = 0.0


class CallbackPart(Part):
    """A Keras callback; relative paths are taken from the run directory."""

    patience: WholeNumber = 0


def _whole_or_count(value: Any) -> Any:
    if value != "full" and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ValueError("must be an integer at least 1, or full (the whole training set in one step)")
    return value


def _auto_or_count(value: Any) -> Any:
    if value != "auto" and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ValueError("must be an integer at least 1, or auto")
    return value


def _auto_or_bool(value: Any) -> Any:
    if value != "auto" and not isinstance(value, bool):
        raise ValueError("must be true, false or auto")
    return value


class Training(Section):
    """How long, in what batches, by what loss."""

    epochs: Count
    batch_size: Annotated[int | Literal["full"], BeforeValidator(_whole_or_count)]
    loss: str
    metrics: list[str]


class Device(Section):
    """Where a run computes."""

    kind: Literal["auto", "cpu", "gpu"]
    threads: Annotated[int | Literal["auto"], BeforeValidator(_auto_or_count)]
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"]
    jit_compile: Annotated[bool | Literal["auto"], BeforeValidator(_auto_or_bool)]


class Settings(Section):
    """A whole run."""

    name: str
    seed: WholeNumber
    dataset: DatasetPart
    preprocessing: Part
    model: ModelPart
    initializer: Part
    optimizer: OptimizerPart
    schedule: SchedulePart
    regularizer: dict[str, RegularizerPart]
    training: Training
    callbacks: dict[str, CallbackPart]
    device: Device

    @field_validator("name")
    @classmethod
    def _name_is_one_line(cls, value: str) -> str:
        if not value.strip() or not value.isprintable():
            raise ValueError("must be printable text on one line")
        return value

    @model_validator(mode="after")
    def _one_owner_of_the_learning_rate(self) -> Self:
        constant = self.schedule.target == "runner.optim.constant.constant"
        for name, callback in self.callbacks.items():
            if not constant and callback.target.endswith((".ReduceLROnPlateau", ".LearningRateScheduler")):
                raise ValueError(f"callbacks.{name} sets the learning rate itself, so it needs schedule=constant")
        return self


def resolve(config: DictConfig) -> dict[str, Any]:
    """Return a composed configuration as plain dictionaries and lists, with no interpolation left.

    Raises:
        ConfigError: if an interpolation leads nowhere, or a mandatory value is missing.
    """
    try:
        resolved = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        raise ConfigError(f"{error.full_key or 'configuration'}: {str(error).splitlines()[0]}") from error
    assert isinstance(resolved, dict)
    return {str(key): value for key, value in resolved.items()}


def check(config: dict[str, Any]) -> Settings:
    """Hold a resolved configuration against the schema.

    Raises:
        ConfigError: one line for each key that is wrong: key, value, what is allowed.
    """
    try:
        return Settings.model_validate(config)
    except ValidationError as error:
        raise ConfigError("\n".join(_line(dict(issue)) for issue in error.errors())) from error


def _line(issue: dict[str, Any]) -> str:
    key = ".".join(str(part) for part in issue["loc"])
    given = f"{key}={_short(issue['input'])}"
    match issue["type"]:
        case "value_error" if not key:
            return str(issue["ctx"]["error"])
        case "value_error":
            return f"{given}: {issue['ctx']['error']}"
        case "model_type" | "dict_type":
            return f"{given}: must be keys with values (a _target_ and its arguments, say), not one value"
        case "missing":
            return f"{key}: must be given"
        case "extra_forbidden":
            return f"{given}: no such key{did_you_mean(str(issue['loc'][-1]), _siblings(issue['loc']))}"
        case "literal_error":
            return f"{given}: must be {issue['ctx']['expected']}"
        case _:
            return f"{given}: {issue['msg'].removeprefix('Input ').replace('should', 'must')}"


def _siblings(location: tuple[str | int, ...]) -> list[str]:
    section: type[BaseModel] = Settings
    for step in location[:-1]:
        annotation = section.model_fields[str(step)].annotation
        assert isinstance(annotation, type)
        assert issubclass(annotation, BaseModel)
        section = annotation
    return list(section.model_fields)


def _short(value: Any) -> str:
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
