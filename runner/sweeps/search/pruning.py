"""Pruning of trials, and the journal in which Optuna keeps a search."""

from typing import Any

import keras
import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend


def open_search(journal: str, **options: Any) -> optuna.Study:
    """Open a search's file, or begin it."""
    storage = JournalStorage(JournalFileBackend(journal))
    return optuna.create_study(storage=storage, study_name="search", load_if_exists=True, **options)


class Pruning(keras.callbacks.Callback):
    """Tells a search how its trial goes, epoch by epoch, and stops it where the search's pruner says so."""

    def __init__(self, journal: str, trial: int, metric: str, pruner: dict[str, int]) -> None:
        """Take part in a search.

        Args:
            journal: the search's file.
            trial: its number.
            metric: a column of the history.
            pruner: the arguments of Optuna's median pruner.
        """
        super().__init__()
        self.pruned = False
        self._metric = metric
        self._search = open_search(journal, pruner=optuna.pruners.MedianPruner(**pruner))
        self._trial = optuna.trial.Trial(self._search, self._search.get_trials(deepcopy=False)[trial]._trial_id)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Report the epoch."""
        value = (logs or {}).get(self._metric)
        if value is None or value != value:  # the training of what is not a number ends by itself
            return
        self._trial.report(float(value), step=epoch)  # from 0: the pruner passes over as many as it is to warm up
        if self._trial.should_prune():
            self.pruned = True
            self.model.stop_training = True
