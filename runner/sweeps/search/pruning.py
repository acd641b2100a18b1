"""Pruning of trials that are unlikely to win."""

from typing import Any

import keras
import optuna

from runner.sweeps.search.journal import open_search


class Pruning(keras.callbacks.Callback):
    """Callback that reports each epoch of a trial to its search, and stops the trial if the pruner says so."""

    def __init__(self, journal: str, trial: int, metric: str, pruner: dict[str, int]) -> None:
        """Open the search.

        Args:
            journal: the search's journal file.
            trial: the trial's number.
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
        if value is None or value != value:  # the training ends by itself on NaN
            return
        self._trial.report(float(value), step=epoch)  # from 0, as the pruner counts its warm-up
        if self._trial.should_prune():
            self.pruned = True
            self.model.stop_training = True
