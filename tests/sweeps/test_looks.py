import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from runner.core.errors import Stopped, UserError
from runner.core.terminal import Terminal
from runner.records.job import Job
from runner.records.run_directory import RunDirectory
from runner.reporting import report
from runner.reporting.statistics import comparisons
from runner.sweeps.outcome import Outcome
from runner.sweeps.planning.plan import Plan
from runner.sweeps.planning.study import read_study
from runner.sweeps.run_plan import conduct
from tests.sweeps.made_up import record
from tests.sweeps.planning.test_plan import planned
from tests.sweeps.test_run_plan import MadeUp

GAIN = {"adam": 0.0, "sgd": 0.05, "rmsprop": 0.0}  # relative to adam; rmsprop differs only by noise
STUDY = {
    "variants": {"adam": [], "sgd": ["optimizer=sgd"], "rmsprop": ["optimizer=rmsprop"]},
    "seeds": {"first": 8, "most": 12, "looks": 3},
}
PLAIN = STUDY | {"seeds": 8}


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """Leave out the figures and most resamples, which take most of the time of a report."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparisons, "_RESAMPLES", 99)
        patch.setattr(report, "report_figures", lambda *_, **__: ())
        yield


class Scored(MadeUp):
    """A pool whose runs end immediately with the scores of `GAIN`; `left` runs end before it is killed."""

    def __init__(self, sweep: Path, left: int | None = None) -> None:
        super().__init__(sweep)
        self._left = itertools.count() if left is None else iter(range(left))

    def results(self, _function: object, tasks: Sequence[Any], _affinity: object) -> Iterator[tuple[Job, Outcome]]:
        for job in tasks:
            if isinstance(job, Job):
                if next(self._left, None) is None:
                    raise KeyboardInterrupt
                noise = np.random.default_rng([job.seed, *job.variant.encode()]).normal(0, 0.01)
                ended = replace(record(job, val_accuracy=0.5), test={"accuracy": 0.8 + GAIN[job.variant] + noise})
                if math.isinf(GAIN[job.variant]):
                    ended = record(job)  # without a score
                directory = RunDirectory(job.path(self._sweep))
                directory.path.mkdir(parents=True, exist_ok=True)
                directory.write_record(ended)
                yield job, Outcome.of(ended)


def plan_of(composer: Any, study: dict[str, Any]) -> Plan:
    return replace(planned(composer, study), study=read_study(study).model_dump(mode="json"))


def trained(plan: Plan, sweep: Path, left: int | None = None) -> str:
    shown = StringIO()
    conduct(plan, sweep, Scored(sweep, left), Terminal(file=shown), dry_run=False, fail_fast=False)
    return " ".join(shown.getvalue().split())


@pytest.fixture(scope="module")
def done(composer: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    sweep = tmp_path_factory.mktemp("looks")
    return sweep, trained(plan_of(composer, STUDY), sweep)


def test_what_a_look_decides_gets_no_further_seeds(done):
    sweep, said = done
    assert "look 1 of 3, at 8 seeds: undecided: rmsprop" in said
    assert "look 3 of 3, at 12 seeds: undecided: rmsprop" in said
    assert "the looks saved 4 of 36 runs" in said
    table = pd.read_csv(sweep / "plan.csv").groupby("variant").size()
    assert table.to_dict() == {"adam": 12, "rmsprop": 12, "sgd": 8}
    compared = pd.read_csv(sweep / "comparisons.csv", index_col="variant")
    assert compared["looks"].to_dict() == {"sgd": 1, "rmsprop": 3}
    assert compared.loc["sgd", "p_adjusted"] > compared.loc["sgd", "p_value"]  # p is that of a design with three looks
    assert compared.loc["rmsprop", "repeated_low"] < compared.loc["rmsprop", "exact_low"]
    assert "not yet started" not in said


def test_the_report_says_what_the_looks_were_and_what_they_saved(done):
    caption = (done[0] / "table.md").read_text()
    assert (
        "3 of 3 planned looks at 8, 10, 12 seeds (Pocock-like spending): p and intervals hold over all looks; stopping "
        "saved 4 runs."
    ) in caption
    assert "95% repeated confidence intervals" in caption


def test_a_study_that_is_done_stays_as_it_is_and_its_looks_are_fixed(composer, done):
    sweep, _ = done
    before = {path: path.read_bytes() for path in [sweep / "plan.json", sweep / "comparisons.csv"]}
    assert "the looks saved 4 of 36 runs" in trained(Plan.read(sweep), sweep, left=0)
    assert {path: path.read_bytes() for path in before} == before
    for other in (PLAIN, STUDY | {"seeds": {"first": 8, "most": 14, "looks": 3}}):
        with pytest.raises(UserError, match="looks are fixed before the first run"):
            trained(plan_of(composer, other), sweep)


@pytest.mark.parametrize("killed_after", [3, 27])
def test_a_study_that_is_killed_goes_on_as_if_it_had_not_been(composer, tmp_path, done, killed_after):
    with pytest.raises(Stopped):
        trained(plan_of(composer, STUDY), tmp_path, left=killed_after)
    trained(Plan.read(tmp_path), tmp_path)
    for name in ("plan.csv", "comparisons.csv"):
        assert (tmp_path / name).read_bytes() == (done[0] / name).read_bytes()


def test_where_every_comparison_is_decided_the_study_stops(composer, tmp_path):
    two = STUDY | {"variants": {name: STUDY["variants"][name] for name in ("adam", "sgd")}}
    said = trained(plan_of(composer, two), tmp_path)
    assert "look 1 of 3, at 8 seeds: all comparisons are decided" in said
    assert "look 2" not in said
    assert "the looks saved 8 of 24 runs" in said


def test_a_comparison_without_a_score_on_one_side_is_not_decided(composer, tmp_path, monkeypatch):
    monkeypatch.setitem(GAIN, "adam", -math.inf)
    said = trained(plan_of(composer, STUDY), tmp_path)
    assert "look 1 of 3, at 8 seeds: undecided: sgd, rmsprop" in said
    assert "saved" not in said
    assert "look 3 of 3" in said


def test_seeds_that_were_added_after_a_look_are_named(composer, tmp_path):
    trained(plan_of(composer, PLAIN), tmp_path)
    assert "not planned" not in (tmp_path / "table.md").read_text()
    trained(plan_of(composer, PLAIN), tmp_path)  # the same seeds are not another look
    said = trained(plan_of(composer, PLAIN | {"seeds": 10}), tmp_path)
    looks = "2 looks (8, then 10 seeds), not planned: p is not corrected for them"
    assert f"{looks}." in (tmp_path / "table.md").read_text()
    assert f"note: {looks}; adding seeds after a look increases the rate of false claims" in said
