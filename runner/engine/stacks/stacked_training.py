"""Training of the runs of a stack side by side, each with its own callbacks, checkpoint and end."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from runner.engine.compiled import copy_values
from runner.engine.diagnostics import Diagnostic
from runner.engine.evaluation import Evaluator, read_metrics
from runner.engine.stacks.stack import Member, Stack
from runner.engine.training import Training
from runner.records.record import Row


class StackedRun:
    """A run of a stack, which replaces the compiled model of a separate run."""

    def __init__(self, member: Member, validation: Evaluator, test: Evaluator) -> None:
        """Set the run's member of the stack.

        Args:
            validation, test: evaluators of another model of the same architecture, whose values may be replaced.
        """
        self.model = member.model
        self.validation = _Borrowed(validation, member.model)
        self.test = _Borrowed(test, member.model)
        self.result: Row | Exception | None = None  # result of the stack's latest epoch; None: the run is over
        self._member = member

    def train(self, *, diagnostics: Sequence[Diagnostic] = (), **how: Any) -> Iterator[Row]:
        """Prepare training, and return its epochs; each must be in `result` before it is requested."""
        assert not diagnostics, "these are compiled into a run's own epoch"
        self.training = Training(self._member, **how)
        return self._rows()

    def _rows(self) -> Iterator[Row]:
        while (result := self.result) is not None:
            if isinstance(result, Exception):
                raise result
            yield result


class _Borrowed:
    """Evaluator of a model that uses the functions compiled for another one."""

    def __init__(self, evaluator: Evaluator, model: keras.Model) -> None:
        self._evaluator = evaluator
        self._model = model

    def _lent(self) -> Evaluator:
        if self._evaluator.model is not self._model:
            copy_values(self._model, self._evaluator.model)
        return self._evaluator

    def evaluate(self) -> dict[str, float]:
        """See `Evaluator`."""
        return self._lent().evaluate()

    def predict(self) -> npt.NDArray[np.float32]:
        """See `Evaluator`."""
        return self._lent().predict()


def train_together(stack: Stack, trainings: Mapping[int, Training]) -> Iterator[Mapping[int, Row | Exception]]:
    """Train models of a stack side by side; yield the results of each epoch, by position in the stack.

    A result is the row of the epoch, with the run's share of the seconds, or an error from the run's callbacks, which
    ends the run. A run that has ended takes as much time as before, because the stack keeps its size.
    """
    going = dict(trainings)
    failed: dict[int, Exception] = {}

    def each(step: Callable[..., Any], arguments: Mapping[int, tuple[Any, ...]] | None = None) -> dict[int, Any]:
        results = {}
        for position, training in list(going.items()):
            try:
                results[position] = step(training, *(arguments[position] if arguments else ()))
            except Exception as error:  # raised by this run's own callbacks
                failed[position] = error
                del going[position]
        return results

    each(Training.begin)
    orders = np.zeros((len(stack.members), stack.examples))
    while True:
        for position in [position for position, is_over in each(_ended_if_over).items() if is_over]:
            del going[position]
        if not going:
            break
        started = time.perf_counter()
        for position, order in each(Training.begin_epoch).items():
            orders[position] = order
        stack.train(orders, [*going])
        each(Training.begin_validation)
        stack.validate([*going])
        seconds = (time.perf_counter() - started) / max(1, len(going))
        measured = {position: (read_metrics(stack.members[position].model), seconds) for position in going}
        rows = each(Training.end_epoch, measured)
        yield rows | failed
        failed.clear()
    if failed:
        yield dict(failed)


def _ended_if_over(training: Training) -> bool:
    if training.is_over:
        training.end()
        return True
    return False
