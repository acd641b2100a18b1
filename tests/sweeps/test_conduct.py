from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from runner.console import Terminal
from runner.sweeps.conduct import conduct
from runner.sweeps.job import Job
from runner.sweeps.outcome import Outcome
from tests.sweeps.made_up import end, record
from tests.sweeps.test_plan import TUNED, planned


class MadeUp:
    """A pool whose runs end at once, the better the larger their learning rate."""

    workers = 1

    def __init__(self, sweep: Path) -> None:
        self._sweep = sweep

    @property
    def checker(self) -> "MadeUp":
        return self

    def results(self, _function: object, tasks: Sequence[Any], _affinity: object) -> Iterator[tuple[Job, Outcome]]:
        for job in tasks:
            if isinstance(job, Job):  # of what is only checked there is nothing to say
                score = {"val_accuracy": job.config["optimizer"]["learning_rate"]}
                end(job, self._sweep, **score)
                yield job, Outcome.of(record(job, **score))

    def close(self) -> None:
        pass


@pytest.fixture
def said(composer, tmp_path) -> str:
    """What a tuned study says, of which a variant's name would be a formula in a spreadsheet."""
    plan = planned(composer, TUNED | {"variants": {"=adam": [], "sgd": ["optimizer=sgd"]}})
    shown = StringIO()
    conduct(plan, tmp_path, MadeUp(tmp_path), Terminal(file=shown), dry_run=False, fail_fast=False)
    return shown.getvalue()


def test_what_was_tuned_is_said_under_the_names_of_the_study(said):
    assert "\n=adam: optimizer.learning_rate=0.1; val_accuracy 0.1000 when tuned, 0.1000 on 2 fresh seeds" in said
    assert "no report" not in said
