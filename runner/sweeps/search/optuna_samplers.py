"""Optuna's samplers: TPE, and Gaussian processes if PyTorch is installed."""

import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import optuna

from runner.records.run_directory import RunDirectory
from runner.sweeps.outcome import read_epochs
from runner.sweeps.planning.axis import Axis
from runner.sweeps.planning.points import active
from runner.sweeps.planning.study import Study
from runner.sweeps.search.trials import Trial, values_at


def proposed_by_optuna(
    study: Study, axes: Mapping[str, Axis], trials: Sequence[Trial], sweep: Path, seed: Sequence[int]
) -> dict[str, Any]:
    """Return the values that an Optuna sampler proposes.

    Each axis is searched on its own scale, mapped to [0, 1], so Optuna needs no other scale.
    """
    assert study.tune
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    number = int(np.random.default_rng(seed).integers(2**31))
    with warnings.catch_warnings():  # about experimental arguments
        warnings.simplefilter("ignore")
        # constant_liar keeps trials that run at the same time apart; group searches conditional axes together.
        sampler: Any = (
            optuna.samplers.GPSampler(seed=number, n_startup_trials=1)
            if study.tune.method == "gp"
            else optuna.samplers.TPESampler(
                seed=number, n_startup_trials=1, multivariate=True, group=True, constant_liar=True
            )
        )
        searched = optuna.create_study(direction="maximize", sampler=sampler)
        for trial in trials:
            searched.add_trial(_frozen(trial, axes, study, sweep))
        asked = searched.ask()
        values: dict[str, Any] = {}
        for key, axis in sorted(axes.items(), key=lambda item: item[1].when is not None):
            if key in active(values | {key: None}, axes):
                values[key] = _suggested(asked, key, axis)
    return {key: values[key] for key in axes if key in values}


def _frozen(trial: Trial, axes: Mapping[str, Axis], study: Study, sweep: Path) -> Any:
    """Return a trial in Optuna's form; a diverged trial counts as pruned without scores, which is the worst result."""
    states = optuna.trial.TrialState
    of_state = {"completed": states.COMPLETE, "running": states.RUNNING, "failed": states.FAIL}
    values = values_at(trial.point, axes)
    return optuna.trial.create_trial(
        state=of_state.get(trial.state, states.PRUNED),
        value=trial.goodness(study.sign),
        params={key: _stored(axes[key], value) for key, value in values.items()},
        distributions={key: _distribution(axes[key]) for key in values},
        intermediate_values=_scores_by_epoch(trial, study, sweep) if trial.state == "pruned" else {},
    )


def _scores_by_epoch(trial: Trial, study: Study, sweep: Path) -> dict[int, float]:
    column = study.metric.removeprefix("best_")
    rows = read_epochs(RunDirectory(trial.jobs[0].path(sweep)))
    return {int(row["epoch"]): study.sign * row[column] for row in rows if not math.isnan(row.get(column, math.nan))}


def _distribution(axis: Axis) -> Any:
    if axis.is_ordered:
        return optuna.distributions.FloatDistribution(0.0, 1.0)
    return optuna.distributions.CategoricalDistribution(range(len(axis.choices or [])))


def _stored(axis: Axis, value: Any) -> float | int:
    return axis.uniform_of(value) if axis.is_ordered else (axis.choices or []).index(value)


def _suggested(asked: Any, key: str, axis: Axis) -> Any:
    if axis.is_ordered:
        return axis.at(min(asked.suggest_float(key, 0.0, 1.0), 1 - 2**-53))
    return (axis.choices or [])[asked.suggest_categorical(key, range(len(axis.choices or [])))]
