"""Runs of a study in which one source of variance varies alone, and those in which everything varies."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from runner.config.schema import Settings, check
from runner.config.trust import is_of_the_user
from runner.core.errors import ConfigError
from runner.records.record import FOLLOWING
from runner.records.variance_sources import ALL, STREAMS, label_of
from runner.sweeps.planning.candidates import Candidate, candidates
from runner.sweeps.planning.compose import Composer
from runner.sweeps.planning.plan import in_variant
from runner.sweeps.planning.study import Study
from runner.sweeps.planning.variant import Variant


def source_candidates(found: Sequence[Candidate], study: Study, composer: Composer) -> list[Candidate]:
    """Return each variant once for each source that the study varies, and once with all sources varying together.

    All other streams and the split are fixed as for the study's first seed.

    Raises:
        ConfigError: a line for each source that has no effect in a variant.
    """
    wrong: list[str] = []
    variants: list[Variant] = []
    for candidate in found:
        name, settings = candidate.variant.name, _first_settings(candidate, study)
        for source in study.vary:
            if reason := _without(source, settings):
                wrong.append(in_variant(name, f"study.vary: {source} has no effect: {reason}"))
        for varied in (ALL, *study.vary):
            own = [*candidate.variant.overrides, *_fixed(varied, study, settings)]
            variants.append(replace(candidate.variant, name=label_of(name, varied), overrides=own, source=varied))
    if wrong:
        raise ConfigError("\n".join(wrong))
    return candidates(variants, composer)


def _first_settings(candidate: Candidate, study: Study) -> Settings:
    """Return a variant's settings with the study's first seed."""
    (job, *_) = candidate.jobs(study.seeds[:1], "source")
    return check(job.config)


def _fixed(source: str, study: Study, settings: Settings) -> Iterator[str]:
    """Yield overrides that fix the other sources, and let a varying split follow the seed."""
    if source == ALL:
        yield from [FOLLOWING] * ("split" in study.vary)
        return
    for stream in STREAMS:
        if stream != source and getattr(settings.stream_seeds, stream) is None:
            yield f"stream_seeds.{stream}={settings.seed}"
    yield FOLLOWING if source == "split" else f"dataset.split_seed={settings.dataset.split_seed}"


def _without(source: str, settings: Settings) -> str:
    """Return the reason why a source cannot vary in a variant; "" if it can."""
    if (own := getattr(settings.stream_seeds, source, None)) is not None:
        return f"stream_seeds.{source}={own} fixes it; remove that override"
    match source:
        case "order" if settings.training.batch_size == "full":
            return "training.batch_size=full takes all examples in every step"
        case "dropout" if not _draws_in_layers(settings):
            return "no dropout or noise layer is chosen (regularizer=[dropout] adds one)"
        case "augmentation" if not settings.augmentation:
            return "none is chosen (augmentation=[translation] adds one)"
        case "split" if settings.dataset.split == "last":
            return "dataset.split=last draws nothing; use dataset.split=random or stratified"
    return ""


def _draws_in_layers(settings: Settings) -> bool:
    """Return whether a layer draws random numbers, or may do so because it is the user's own."""
    parts = settings.regularizer.values()
    return is_of_the_user(settings.model.target) or any(
        part.rate or part.stddev or is_of_the_user(part.target) for part in parts
    )
