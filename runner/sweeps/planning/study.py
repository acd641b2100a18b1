"""Study: its question, variants, baseline, grid, tuning and seeds, as configured."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from runner.config.ranges import LARGEST, Count, NonNegative, Positive, WholeNumber
from runner.config.schema import error_lines
from runner.config.section import Section
from runner.core.errors import ConfigError
from runner.core.text import counted, did_you_mean
from runner.records.baselines import arm_parts, study_names
from runner.records.design import LEARNING, MOST_SEEDS, Correction, Folds, Looks, Sampler, Spending
from runner.records.record import VALIDATION_METRICS
from runner.records.variance_sources import Source
from runner.reporting.metrics import is_share, sign_of
from runner.sweeps.planning.axis import Axis

Axes = dict[str, Annotated[list[Any], Field(min_length=1)]]  # a key or group -> its values
MOST = MOST_SEEDS  # seeds, values of a range, or variants; planning this many takes nearly an hour
_TUNING_SEED = 1000  # the first tuning seed; tuning must not use the seeds of the result
_BUDGET = "must be a number of points, at least 1, or one of {epochs: NUMBER} and {seconds: NUMBER}"
_WILCOXON_SEEDS = 5  # with five seeds, a trial that is worse on the first four has p = 1/16, so the fifth is skipped
_SEEDS = f"must be the number of seeds, 1 to {MOST}, or a list of seeds, each 0 or more: [0,1,2]"


def _listed(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST:
        return list(range(value))
    if not isinstance(value, list) or not value:
        raise ValueError(_SEEDS)
    if len(set(map(str, value))) < len(value):
        raise ValueError("names a seed twice")
    return value


def _listed_from_the_tuning_seed(value: Any) -> Any:
    listed = _listed(value)
    return [_TUNING_SEED + seed for seed in listed] if isinstance(value, int) else listed


_Listed = Annotated[list[WholeNumber], Field(min_length=1)]
GivenSeeds = Annotated[int, Field(ge=1, le=MOST)] | Annotated[_Listed, Field(json_schema_extra={"uniqueItems": True})]
Seeds = Annotated[_Listed, BeforeValidator(_listed, json_schema_input_type=GivenSeeds)]
TuningSeeds = Annotated[_Listed, BeforeValidator(_listed_from_the_tuning_seed, json_schema_input_type=GivenSeeds)]


def _has(key: str) -> dict[str, Any]:
    return {"required": [key], "properties": {key: {"not": {"type": "null"}}}}


class Cost(Section):
    """A tuning budget in epochs, or in seconds of training."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [_has("epochs"), _has("seconds")]})

    epochs: Count | None = None
    """Total number of epochs in all trials of a variant."""
    seconds: Positive | None = None
    """Total seconds of training in all trials of a variant."""

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Self:
        if (self.epochs is None) == (self.seconds is None):
            raise ValueError(_BUDGET)
        return self


def _budget(value: Any) -> Any:
    if isinstance(value, Mapping):
        try:
            return Cost.model_validate(value)
        except ValidationError as error:
            raise ValueError(_BUDGET) from error
    if value is None or isinstance(value, Cost) or (type(value) is int and 0 < value <= LARGEST):
        return value
    raise ValueError(_BUDGET)


class Tune(Section):
    """Tuning of each variant on the validation set, before its training with the study's seeds."""

    axes: dict[str, Axis] = Field(default_factory=dict)
    """Keys to tune, each with its range or values."""
    per_variant: dict[str, dict[str, Axis]] = Field(default_factory=dict)
    """Axes of individual variants, instead of `axes`."""
    seeds: TuningSeeds = Field(default=1, validate_default=True)
    """Seeds of the tuning; a number n means 1000 to 999 + n."""
    budget: Annotated[int | Cost | None, BeforeValidator(_budget, json_schema_input_type=Count | Cost | None)] = None
    """Number of points for each variant, or {epochs: N} or {seconds: N}; null: the whole grid."""
    sampler: Sampler | None = None
    """Sampler of the points; default: random if an axis is a range, else grid."""
    sampler_seed: WholeNumber = 0
    """Seed of the sampler."""
    pruner: Literal["none", "median", "successive_halving", "hyperband", "wilcoxon"] = "none"
    """Rule that stops trials early."""
    startup_trials: WholeNumber = 5
    """Number of completed trials of a variant before the median pruner stops any."""
    warmup_epochs: Count = 1
    """Epochs at the start of each trial before the first decision of a pruner."""
    reduction_factor: Annotated[int, Field(ge=2)] = 3
    """Reduction factor of successive halving: one trial in this many continues."""

    @property
    def method(self) -> Sampler:
        """The sampler, as given or by default."""
        return self.sampler or ("grid" if all(axis.choices for _, axis in self.all_axes) else "random")

    @property
    def points(self) -> int | None:
        """The budget in points; None if it is given in a different unit, or not at all."""
        return self.budget if isinstance(self.budget, int) else None

    @property
    def cost(self) -> Cost | None:
        """The budget in epochs or seconds; None if it is given in points, or not at all."""
        return self.budget if isinstance(self.budget, Cost) else None

    @property
    def grows(self) -> bool:
        """True if points are drawn while the study trains, because they depend on its results."""
        return self.method in LEARNING or self.cost is not None

    @property
    def groups(self) -> dict[str, dict[str, Axis]]:
        """The axes by their place in the study: study.tune.axes, and study.tune.per_variant.NAME."""
        own = {f"study.tune.per_variant.{name}": axes for name, axes in self.per_variant.items()}
        return {"study.tune.axes": self.axes} | own

    @property
    def all_axes(self) -> list[tuple[str, Axis]]:
        """The axes of all variants, each with its place in the study."""
        return [(f"{group}.{key}", axis) for group, axes in self.groups.items() for key, axis in axes.items()]

    def group_of(self, variant: str) -> str:
        """Return the place in the study of the axes that are tuned for one variant."""
        return f"study.tune.per_variant.{variant}" if variant in self.per_variant else "study.tune.axes"

    def axes_of(self, variant: str) -> dict[str, Axis]:
        """Return the axes that are tuned for one variant, under all conditions."""
        return self.groups[self.group_of(variant)]


def _as_looks(value: Any) -> Any:
    return TypeAdapter(Looks).validate_python(value) if isinstance(value, Mapping) else value


class PlannedLooks(Section):
    """Seeds that are added at planned looks, until every comparison is decided."""

    first: Annotated[int, Field(ge=2, le=MOST)]
    """Seeds of each variant at the first look."""
    most: Annotated[int, Field(ge=3, le=MOST)]
    """Seeds of each variant at the last look."""
    looks: Annotated[int, Field(ge=2, le=100)] = 5
    """Number of looks."""
    spending: Spending = "pocock"
    """Error-spending function."""

    def of_study(self) -> dict[str, Any]:
        """Return the keys of a study: all its seeds, and the size of each look.

        Raises:
            ConfigError: if there are too many looks for the seeds.
        """
        if self.first + self.looks - 1 > self.most:
            raise ConfigError(
                f"study.seeds: {self.looks} looks from {self.first} to {self.most} seeds: each look needs at least one "
                "more seed than the previous one"
            )
        step = (self.most - self.first) / (self.looks - 1)
        sizes = [self.first + round(step * look) for look in range(self.looks)]
        return {"seeds": list(range(self.most)), "looks": {"sizes": sizes, "spending": self.spending}}


class Chosen(Section):
    """Choice by a metric of the validation set."""

    metric: str = Field(default="val_accuracy", json_schema_extra={"enum": [*VALIDATION_METRICS]})
    """A validation column of summary.csv."""
    direction: Literal["max", "min"] | None = None
    """Whether higher (max) or lower (min) values are better; default: min for a loss or likelihood, else max."""

    @field_validator("metric")
    @classmethod
    def _metric_is_of_validation(cls, value: str) -> str:
        if value not in VALIDATION_METRICS:
            nearest = did_you_mean(value, VALIDATION_METRICS)
            raise ValueError(f"must be a metric of the validation set in summary.csv{nearest}")
        return value

    @property
    def sign(self) -> int:
        """1 if a higher metric is better, -1 if a lower one is."""
        return sign_of(self.metric, self.direction)


# `read_study` turns planned looks into a list of seeds.
StudySeeds = Annotated[_Listed, BeforeValidator(_listed, json_schema_input_type=GivenSeeds | PlannedLooks)]


class Study(Chosen):
    """A question, and the runs that answer it."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"metric": {"enum": [metric for metric in VALIDATION_METRICS if is_share(metric)]}}},
            "then": {"properties": {"target": {"maximum": 1}, "margin": {"maximum": 1}}},
        }
    )

    question: str | None = None
    """Title of the report."""
    base: list[str] = Field(default_factory=list)
    """Overrides for all variants."""
    variants: dict[str, list[str]] = Field(default_factory=dict)
    """Overrides of each variant, by its name."""
    names: dict[str, Annotated[str, Field(min_length=1)]] = Field(default_factory=dict)
    """Names of variants in figures and printed tables."""
    drop: list[str] = Field(default_factory=list)
    """Parts to leave out, one in each variant."""
    baseline: str | None = None
    """Variant with which the others are compared; default: the first one."""
    grid: Axes = Field(default_factory=dict)
    """Values of keys or groups, crossed with every variant."""
    tune: Tune | None = None
    """Tuning of each variant on the validation set, before its training with the study's seeds."""
    target: NonNegative | None = None
    """Target value of the validation metric; the report shows how soon runs reach it."""
    margin: Positive | None = None
    """Margin of equivalence: the largest difference that does not matter, in the metric's unit."""
    correction: Correction = "max_t"
    """Correction of the p values for multiple comparisons."""
    seeds: StudySeeds = Field(default=10, validate_default=True)
    """Seeds of each variant: a number n (0 to n - 1), a list, or planned looks at a growing number of seeds."""
    looks: Annotated[Looks | None, BeforeValidator(_as_looks)] = None
    """Sizes of the planned looks, derived from `seeds: {first: ..., most: ...}`."""
    folds: Folds | None = None
    """Number of cross-validation folds; every seed runs on each fold."""
    vary: list[Source] = Field(default_factory=list, json_schema_extra={"uniqueItems": True})
    """Sources of variance to measure; in additional runs, each source varies alone."""

    @property
    def variant_names(self) -> list[str]:
        """The names of its variants before the crossing with the grid, including those with a dropped part."""
        return study_names(self.variants, self.drop)

    def axes_of(self, arm: str) -> dict[str, Axis]:
        """Return the axes that are tuned for a variant, or for its cell of the grid."""
        return self.tune.axes_of(arm_parts(arm, self.variant_names)[0]) if self.tune else {}

    @field_validator("vary")
    @classmethod
    def _sources_are_distinct(cls, value: list[Source]) -> list[Source]:
        if len(set(value)) < len(value):
            raise ValueError("names a source twice")
        return value

    @field_validator("target")
    @classmethod
    def _target_can_be_reached(cls, value: float | None, info: ValidationInfo) -> float | None:
        if value is not None and value > 1 and str(info.data.get("metric")).endswith("accuracy"):
            raise ValueError("must be from 0 to 1, as accuracies are")
        return value

    @field_validator("margin")
    @classmethod
    def _margin_is_in_the_metrics_unit(cls, value: float | None, info: ValidationInfo) -> float | None:
        if value is not None and value > 1 and is_share(str(info.data.get("metric"))):
            hint = f"; {value / 100:g} is {value:g} percentage points" if value <= 100 else ""
            raise ValueError(f"must be above 0 and at most 1, as accuracies are{hint}")
        return value


def read_study(config: Any, seeds: Any = None, folds: Any = None, *, cross_validate: bool = True) -> Study:
    """Check a study from the configuration.

    Args:
        seeds: seeds from the command line, which replace the study's.
        folds: folds from the command line, which replace the study's.
        cross_validate: False if the command line turns the study's folds off.

    Raises:
        ConfigError: one line for each invalid key.
    """
    if not isinstance(config, Mapping):
        raise ConfigError("study: must be a mapping with keys such as variants, seeds, ...")
    given = dict(config) | ({} if seeds is None else {"seeds": seeds, "looks": None})
    given |= {"folds": folds} if folds is not None or not cross_validate else {}
    if isinstance(given.get("seeds"), Mapping):
        given |= _planned_looks(given["seeds"])
    variants = config.get("variants")
    for name in variants if isinstance(variants, Mapping) else ():
        if not isinstance(name, str):  # in YAML, on, off, yes, no, null and numbers are not text
            raise ConfigError(f"study.variants: the name {name!r} is not text in YAML; quote it")
    try:
        study = Study.model_validate(given)
    except ValidationError as error:
        raise ConfigError(error_lines(error, Study, "study")) from error
    names = study.variant_names
    if not names:
        raise ConfigError("study.variants: must name at least one variant (name: [override, ...])")
    if study.baseline is not None and study.baseline not in names:
        raise ConfigError(f"study.baseline={study.baseline}: no such variant (allowed: {', '.join(names)})")
    _check_names(study)
    if study.looks and study.seeds != list(range(study.looks.sizes[-1])):
        raise ConfigError(
            "study.looks: must end with all of the seeds 0, 1, 2, ...; use seeds={first:8,most:30,looks:5}"
        )
    if study.looks and len(names) < 2:
        raise ConfigError("study.seeds: planned looks need two variants or more to compare; give a number of seeds")
    if study.tune:
        _check_tuning(study, study.tune)
    if study.vary:
        _check_sources(study)
    if study.folds:
        _check_folds(study)
    return study


def _check_names(study: Study) -> None:
    if unknown := [name for name in study.names if name not in study.variant_names]:
        raise ConfigError(f"study.names.{unknown[0]}: no such variant{did_you_mean(unknown[0], study.variant_names)}")
    shown = [study.names.get(name, name) for name in study.variant_names]
    if twice := next((name for name in shown if shown.count(name) > 1), None):
        raise ConfigError(f"study.names: {twice!r} would name two variants")


def _planned_looks(seeds: Mapping[Any, Any]) -> dict[str, Any]:
    try:
        return PlannedLooks.model_validate(dict(seeds)).of_study()
    except ValidationError as error:
        raise ConfigError(error_lines(error, PlannedLooks, "study.seeds")) from error


def read_seeds(value: Any) -> list[int]:
    """Return the seeds from `seeds=...` outside a study.

    Raises:
        ConfigError: if they are neither a number nor a list of whole numbers.
    """
    if isinstance(value, Mapping):
        raise ConfigError("seeds={first:...}: looks are planned in a study: study=NAME or runner ablate")
    try:
        seeds: list[int] = TypeAdapter(Seeds).validate_python(value)
    except ValidationError as error:
        (first, *_) = error.errors()
        text = _SEEDS if first["loc"] else first["ctx"]["error"]
        raise ConfigError(f"seeds={value}: {text}") from error
    return seeds


def _check_tuning(study: Study, tune: Tune) -> None:
    if not tune.axes and not tune.per_variant:
        raise ConfigError("study.tune: needs axes (key: [value, ...])")
    if unknown := tune.per_variant.keys() - set(study.variant_names):
        allowed = ", ".join(study.variant_names)
        raise ConfigError(f"study.tune.per_variant.{min(unknown)}: no such variant (allowed: {allowed})")
    if tune.axes and not set(study.variant_names) - tune.per_variant.keys():
        raise ConfigError("study.tune.axes: no variant uses them, because each one has its own in per_variant")
    _check_sampler(tune)
    if common := sorted(set(tune.seeds) & set(study.seeds)):
        raise ConfigError(
            f"study.tune.seeds: shares {', '.join(map(str, common))} with study.seeds; "
            "the result needs seeds that the tuning has not used"
        )


def _check_sampler(tune: Tune) -> None:
    if tune.method == "grid":
        for place, axis in tune.all_axes:
            if axis.count == math.inf:
                raise ConfigError(f"{place}: sampler=grid needs a list of values, or a range with a step")
    elif tune.budget is None:
        raise ConfigError(
            f"study.tune.budget: sampler={tune.method} needs a budget, the number of points to try for each variant"
        )
    if tune.points and tune.points > MOST:
        raise ConfigError(f"study.tune.budget={tune.points}: at most {MOST} points can be planned")
    if tune.pruner == "wilcoxon" and len(tune.seeds) < _WILCOXON_SEEDS:
        raise ConfigError(
            f"study.tune.pruner=wilcoxon: compares trials seed by seed, and can stop none with "
            f"{counted(len(tune.seeds), 'tuning seed')}; needs study.tune.seeds={_WILCOXON_SEEDS} or more"
        )


def _check_sources(study: Study) -> None:
    if study.tune:
        raise ConfigError("study.vary: cannot be combined with study.tune; vary the sources of a variant already tuned")
    if study.looks:
        raise ConfigError("study.vary: cannot be combined with planned looks, which stop early; give a number of seeds")
    if len(study.seeds) < 2:
        raise ConfigError("study.vary: needs two seeds or more (seeds=20); one run has no spread")


def _check_folds(study: Study) -> None:
    if study.tune:
        raise ConfigError(
            "study.folds: cannot be combined with study.tune, which would need folds within the folds; tune on a split "
            "of the training data first, and give the chosen values to the variants"
        )
    if study.looks:
        raise ConfigError("study.folds: cannot be combined with planned looks; give a number of seeds")
    if study.vary:
        raise ConfigError("study.folds: cannot be combined with study.vary, whose runs share one test set")
