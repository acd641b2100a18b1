"""Callback that stops a trial early."""

from collections.abc import Iterable
from itertools import accumulate
from pathlib import Path
from typing import Any

import keras

from runner.records.record import DONE
from runner.records.run_directory import RunDirectory
from runner.records.sweep_directory import tuning_directories
from runner.sweeps.outcome import read_epochs, read_status
from runner.sweeps.search.pruners import Course, Rule, decides, stops


class Pruning(keras.callbacks.Callback):
    """Callback that compares a trial with the other trials of its variant after an epoch, and may stop it.

    It reads the records of the others, so it needs no connection to the search process or a database.
    """

    def __init__(self, run: Path, variant: str, seed: int, metric: str, sign: int, rule: dict[str, Any]) -> None:
        """Set the trial, the metric and the rule.

        Args:
            run: the trial's run directory, in the directory of its sweep.
            seed: the seed of the runs that are compared.
            metric: a validation column of summary.csv.
            sign: 1 if a higher value is better, -1 if a lower one is.
            rule: the fields of a `Rule`.
        """
        super().__init__()
        self.pruned = False
        self.scores: list[float] = []  # the score of each epoch
        self._run = run
        self._planned = variant, seed
        self._metric = metric
        self._sign = sign
        self._rule = Rule(**rule)
        self._ended: dict[str, Course] = {}

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Decide whether the trial continues."""
        value = (logs or {}).get(self._column)
        if value is None or value != value:  # the run ends by itself on NaN
            return
        self.scores.append(self._sign * float(value))
        if not decides(self._rule, epoch + 1):
            return
        places = tuning_directories(self._run.parent, *self._planned)
        own = Course(places.index(self._run.name), self._scores(self.scores))
        rivals = [self._rival(number, name) for number, name in enumerate(places) if name != self._run.name]
        if stops(self._rule, self._planned[0], own, rivals):
            self.pruned = True
            self.model.stop_training = True

    def get_state(self) -> dict[str, Any]:
        """Return the state for a checkpoint."""
        return {"pruned": self.pruned, "scores": self.scores}

    def set_state(self, state: dict[str, Any]) -> None:
        """Restore the state of a checkpoint."""
        self.pruned, self.scores = state["pruned"], state["scores"]

    @property
    def _column(self) -> str:
        return self._metric.removeprefix("best_")

    def _scores(self, scores: Iterable[float]) -> list[float]:
        return list(accumulate(scores, max)) if self._metric.startswith("best_") else list(scores)

    def _rival(self, number: int, name: str) -> Course:
        if name in self._ended:
            return self._ended[name]
        directory = RunDirectory(self._run.parent / name)
        record = read_status(directory)
        values = [row.get(self._column) for row in read_epochs(directory)] if record else []
        scores = self._scores(self._sign * value for value in values if value is not None and value == value)
        course = Course(number, scores, record is not None and record.status == "completed")
        if record and record.status in DONE:
            self._ended[name] = course
        return course
