"""Reader of results, which combines runs with the question of their sweep and a user's options."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from runner.core.errors import UserError
from runner.core.omissions import LeftOut
from runner.core.text import counted, did_you_mean
from runner.records.baselines import baselines
from runner.records.design import CORRECTIONS, Correction
from runner.records.sweep_directory import Question
from runner.reporting.collection.collect import Run, existing, find_runs, not_begun
from runner.reporting.collection.labels import (
    Values,
    cells,
    labels_by,
    variant_labels,
    with_dataset,
    with_values_in_force,
)
from runner.reporting.collection.variant_names import find_variant
from runner.reporting.comparison.folds import refuse_mixed_folds
from runner.reporting.comparison.tasks import FEWEST_DATASETS
from runner.reporting.grid_effects.factors import read_factors
from runner.reporting.metric_choice import WITHOUT_PENALTY, in_unit, metric_of
from runner.reporting.metrics import USUAL_METRICS, is_share, percent_hint, validation_counterpart
from runner.reporting.results import Results
from runner.reporting.tables.frames import history_frame, summary_frame
from runner.reporting.targets import is_time, usual_target, with_targets
from runner.reporting.tuning.repeated_searches import repeated_curves
from runner.reporting.tuning.selection_optimism import read_tuning

_ROPE = "--bayesian-rope"


@dataclass(frozen=True)
class Wish:
    """A user's options for a report; None: the study's choice or the default."""

    metric: str | None = None  # column of the summary
    baseline: str | None = None  # variant with which the others are compared
    by: Sequence[str] = field(default_factory=tuple)  # keys whose values define the variants
    target: float | None = None  # target value of the validation metric
    margin: float | None = None  # margin of equivalence, in the metric's unit
    correction: str | None = None  # correction of p values; one of `CORRECTIONS`
    rope: float | None = None  # half-width of the Bayesian test's region of practical equivalence, in the same unit


def read_results(
    runs: list[Run],
    paths: Sequence[Path],
    wish: Wish,
    left_out: LeftOut,
    *,
    arms: Sequence[str] | None = None,
    values: Values | None = None,
) -> Results:
    """Combine runs into results.

    Args:
        paths: directories of the runs; a single sweep determines the question, baseline, metric and target.
        left_out: collects files that cannot be read.
        arms: label of each run's variant without its data set; None: from `variant_labels`. Keys in `wish.by` take
            precedence.
        values: reader of keys, if some values have already been read.

    Raises:
        UserError: if there is no such metric, baseline or key, or if data sets with the same name differ.
    """
    sweep = paths[0] if len(paths) == 1 else None
    asked = (left_out.unless_read(partial(Question.of, sweep)) if sweep else None) or Question()
    values = values or Values(left_out)
    arms = labels_by(runs, wish.by, values) if wish.by else arms or variant_labels(runs)
    labels = with_dataset(arms, runs)
    summary = with_values_in_force(summary_frame(runs, labels), runs, values)
    refuse_mixed_folds(summary)
    summary = summary.assign(arm=arms, cell=cells(runs, labels, wish.by))
    history = history_frame(runs, labels)
    chosen = _chosen(wish, asked, summary, history)
    if chosen["target"] is not None:
        summary = with_targets(summary, history, chosen["validation_metric"], chosen["target"])
    tuning = left_out.unless_read(partial(read_tuning, sweep)) if sweep else None
    results = Results(
        runs=runs,
        summary=summary,
        history=history,
        asked=asked,
        tuning=tuning,
        tuning_runs=[] if tuning is None else find_runs(paths, left_out, "tuning"),
        not_begun=sum(not_begun(path, left_out) for path in existing(paths)),
        left_out=left_out,
        levels=read_factors(runs, summary, wish.by, asked.variants, values),
        source_runs=find_runs(paths, left_out, "source") if asked.sources else [],
        repeated_curves=repeated_curves(paths, left_out),
        **chosen,
    )
    if results.folds:
        _refuse_for_folds(results)
    if results.rope is not None:
        _refuse_few_datasets(results)
    return results


def _chosen(wish: Wish, asked: Question, summary: pd.DataFrame, history: pd.DataFrame) -> dict[str, Any]:
    """Return the fields of results that a user or a study chooses: metrics, baselines, target, margin, correction.

    Raises:
        UserError: as for `read_results`.
    """
    primary = metric_of(summary, None, asked.metric)
    measured = primary if wish.metric is None or is_time(wish.metric) else metric_of(summary, wish.metric, asked.metric)
    # With --by, the variant names of the study are not labels.
    compared = _baselines(summary, wish.baseline, Question() if wish.by else asked)
    validation = validation_counterpart(measured)
    target, source = _target(wish, _target_of(asked, summary, validation), summary, history, compared, validation)
    metric = wish.metric if wish.metric is not None and is_time(wish.metric) else measured
    of_study = _margin_of(asked, metric, primary)
    margin = in_unit("--margin", wish.margin, metric) if wish.margin is not None else of_study
    return {
        "metric": metric,
        "primary_metric": primary,
        "validation_metric": validation,
        "baselines": compared,
        "is_baseline_chosen": (wish.baseline or asked.baseline) is not None,
        "target": target,
        "target_source": source,
        "margin": margin,
        "is_margin_planned": margin == of_study,
        "correction": _correction(wish.correction) or asked.correction,
        "rope": None if wish.rope is None else in_unit(_ROPE, wish.rope, metric),
    }


def _refuse_for_folds(results: Results) -> None:
    """Raise UserError for an option whose test needs independent runs if the runs are folds."""
    if is_time(results.metric):
        raise UserError(
            f"--metric {results.metric}: times are compared by the sign test, which needs independent runs, and these "
            "are folds of cross-validation; choose another metric"
        )
    if results.rope is not None:
        raise UserError(f"{_ROPE} {results.rope:g}: not available for folds of cross-validation; omit it")


def _refuse_few_datasets(results: Results) -> None:
    """Raise UserError if there are too few data sets for the Bayesian test, or nothing to compare."""
    datasets, variants = len(results.common_datasets), results.summary["arm"].nunique()
    if datasets < FEWEST_DATASETS or variants < 2:
        raise UserError(
            f"{_ROPE} {results.rope:g}: compares two or more variants over {FEWEST_DATASETS} or more data sets with "
            f"results for all of them; these runs have {counted(variants, 'variant')} and "
            f"{counted(datasets, 'such data set')}; omit it"
        )


def _target_of(asked: Question, summary: pd.DataFrame, validation: str) -> float | None:
    """Return the study's target, if this is the study's validation metric."""
    own = {metric_of(summary, None, asked.metric), asked.metric or ""}
    return asked.target if validation in map(validation_counterpart, own) else None


def _margin_of(asked: Question, metric: str, primary: str) -> float | None:
    """Return the study's margin, if this is the study's metric."""
    own = asked.metric or USUAL_METRICS[0]
    is_own = metric == primary and primary in (own, WITHOUT_PENALTY.get(own))
    return asked.margin if is_own and asked.margin and asked.margin > 0 else None


def _target(
    wish: Wish,
    of_study: float | None,
    summary: pd.DataFrame,
    history: pd.DataFrame,
    compared: dict[str, str],
    validation: str,
) -> tuple[float | None, str]:
    """Return the target of the validation metric and its origin, which is "" if the user or the study set it.

    Raises:
        UserError: if no run can reach the given target, or if a target is needed but not given.
    """
    target, source = wish.target, ""
    recorded = validation in history or history.empty  # empty if no run has completed an epoch
    if target is not None and not 0 <= target < math.inf:
        raise UserError(f"--target {target:g}: must be a number of at least 0")
    if target is not None and target > 1 and is_share(validation):
        raise UserError(f"--target {target:g}: {validation} is a proportion between 0 and 1{percent_hint(target)}")
    if target is not None and not recorded:
        raise UserError(
            f"--target {target:g}: no run recorded {validation}, so no epoch can reach the target; omit --target or "
            "choose another --metric"
        )
    if target is None and recorded:
        target = of_study
    if target is None and len(set(compared.values())) == 1:
        target = usual_target(summary, history, baseline := next(iter(compared.values())), validation)
        source = f"worst final value of {baseline}"
    if target is None and is_time(str(wish.metric)):
        raise UserError(
            f"--metric {wish.metric}: needs --target; a default target requires a single baseline with a completed run"
        )
    return target, source


def _correction(wished: str | None) -> Correction | None:
    """Return a user's correction; None if the study's correction applies.

    Raises:
        UserError: if there is no such correction.
    """
    found = next((name for name in CORRECTIONS if name == wished), None)
    if found is None and wished is not None:
        raise UserError(f"--correction {wished}: no such correction{did_you_mean(wished, CORRECTIONS)}")
    return found


def _baselines(summary: pd.DataFrame, wished: str | None, asked: Question) -> dict[str, str]:
    """Return the baseline of each variant, on the same data set."""
    if wished is not None:
        wished = find_variant("--baseline", wished, [*summary["arm"], *asked.variants, *summary["variant"]])
    chosen = dict(zip(summary["variant"], summary["arm"], strict=True)).get(str(wished), wished)
    several = len({*summary["dataset"]}) > 1
    compared: dict[str, str] = {}
    for dataset, runs in summary.groupby("dataset", sort=False):
        labels = dict(zip(runs["arm"], runs["variant"], strict=True))  # labels of the arms on this data set
        by_arm = baselines([*labels], chosen or asked.baseline, asked.variants)
        absent = f" [{dataset}]" if several else ""
        compared |= {labels[arm]: labels.get(baseline, f"{baseline}{absent}") for arm, baseline in by_arm.items()}
    return compared
