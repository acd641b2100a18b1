"""Earlier runs of the planned variants, as a pilot: their paired differences by seed."""

from collections.abc import Iterable, Mapping

import pandas as pd

from runner.records.job import Job
from runner.records.record import RunRecord, variant_overrides
from runner.reporting.comparison.pairs import paired_differences
from runner.reporting.metric_choice import metric_of


def earlier_differences(
    jobs: Iterable[Job], baselines: Mapping[str, str], records: Iterable[RunRecord], metric: str | None
) -> tuple[str, dict[str, dict[int, float]]]:
    """Return the metric, and each variant's differences from its baseline in earlier runs of both, by seed.

    A run belongs to a variant if it differs from a planned run only in the seed, and so has the same data and number of
    epochs.

    Args:
        baselines: the baseline of each variant; a baseline maps to itself.
        metric: metric of the plan; None: the usual one.
    """
    wanted: dict[frozenset[str], dict[str, Mapping[str, str]]] = {}
    for job in jobs:
        wanted.setdefault(_asked(job.overrides), {})[job.variant] = job.choices
    rows = [
        record.summary() | {"variant": variant}
        for record in records
        for variant, choices in wanted.get(_asked(record.overrides), {}).items()
        if choices.items() <= record.choices.items()  # a record also contains lists of options
    ]
    if not rows:
        return metric_of(pd.DataFrame(), None, metric), {}
    summary = pd.DataFrame(rows)
    measured = metric_of(summary, None, metric)
    return measured, paired_differences(summary, measured, baselines) if measured in summary else {}


def _asked(overrides: Iterable[str]) -> frozenset[str]:
    """Return the overrides that runs share if they differ only in the seed."""
    return frozenset(variant_overrides(overrides))
