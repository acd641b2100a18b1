"""Journal for optuna-dashboard: a copy of a study's trials in Optuna's format."""

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages.journal import JournalFileBackend

from runner.sweeps.planning.axis import Axis
from runner.sweeps.planning.study import Study
from runner.sweeps.search.trials import Trial, values_at

JOURNAL = "optuna.journal"


class _NoLock:
    """No lock, because only one process writes. Optuna's lock would survive a kill and block the next start."""

    def acquire(self) -> bool:
        """Do nothing."""
        return True

    def release(self) -> None:
        """Do nothing."""


class Journal:
    """The finished trials of each variant, as an Optuna study with the variant's name.

    The run directories remain the only record: each start rewrites the journal, and the program never reads it.
    """

    def __init__(self, sweep: Path, study: Study) -> None:
        path = sweep / JOURNAL
        self._direction = "maximize" if study.sign == 1 else "minimize"
        self._copies: dict[str, Any] = {}
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        path.unlink(missing_ok=True)
        self._storage = optuna.storages.JournalStorage(JournalFileBackend(str(path), lock_obj=_NoLock()))

    def add(self, trial: Trial, axes: Mapping[str, Axis]) -> None:
        """Append a finished trial."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if trial.variant not in self._copies:
                self._copies[trial.variant] = optuna.create_study(
                    storage=self._storage, study_name=trial.variant, direction=self._direction
                )
            self._copies[trial.variant].add_trial(_frozen(trial, axes))


def _frozen(trial: Trial, axes: Mapping[str, Axis]) -> Any:
    states = optuna.trial.TrialState
    values = values_at(trial.point, axes)
    return optuna.trial.create_trial(
        state={"completed": states.COMPLETE, "failed": states.FAIL}.get(trial.state, states.PRUNED),
        value=trial.score if trial.state == "completed" else None,
        params={key: value if axes[key].choices is None else _name(value) for key, value in values.items()},
        distributions={key: _distribution(axes[key], value) for key, value in values.items()},
        user_attrs={"run_ids": " ".join(job.run_id for job in trial.jobs)},
    )


def _distribution(axis: Axis, value: Any) -> Any:
    """Return Optuna's description of an axis, extended to include the value, which may be from an earlier range."""
    if axis.choices is not None:
        return CategoricalDistribution([_name(choice) for choice in axis.choices])
    assert axis.low is not None
    assert axis.high is not None
    low, high, is_log = min(axis.low, value), max(axis.high, value), axis.log is True
    if axis.is_whole:
        return IntDistribution(int(low), int(high), log=is_log)
    return FloatDistribution(float(low), float(high), log=is_log)


def _name(choice: Any) -> Any:
    return json.dumps(choice) if isinstance(choice, list | dict) else choice
