import shutil
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from runner.core.errors import UserError
from runner.core.lock import Locked, run_lock
from runner.core.terminal import Terminal
from runner.records.job import Job
from runner.sweeps.outcome import Outcome
from runner.sweeps.planning.candidates import candidates
from runner.sweeps.planning.plan import Plan, sharing
from runner.sweeps.planning.recorded import in_recorded_order, refuse_another_question
from runner.sweeps.planning.sources import source_candidates
from runner.sweeps.planning.study import read_study
from runner.sweeps.planning.variants import grid_variants, study_variants
from runner.sweeps.run_plan import conduct
from runner.sweeps.worker import Checked
from tests.sweeps.made_up import end, record
from tests.sweeps.planning.test_plan import STUDY, TUNED, planned


class MadeUp:
    """A pool whose runs end immediately, with a better score for a larger learning rate."""

    workers = 1

    def __init__(self, sweep: Path) -> None:
        self._sweep = sweep

    @property
    def checker(self) -> "MadeUp":
        return self

    def results(self, _function: object, tasks: Sequence[Any], _affinity: object) -> Iterator[tuple[Job, Outcome]]:
        for job in tasks:
            if isinstance(job, Job):  # the other tasks are checks, which have no result
                score = {"val_accuracy": job.config["optimizer"]["learning_rate"]}
                end(job, self._sweep, **score)
                yield job, Outcome.of(record(job, **score))

    def close(self) -> None:
        pass


def conducted(plan: Plan, sweep: Path, *, dry_run: bool = False) -> str:
    """Return the output of a sweep."""
    shown = StringIO()
    conduct(plan, sweep, MadeUp(sweep), Terminal(file=shown), dry_run=dry_run, fail_fast=False)
    return shown.getvalue()


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        ({"adam": "no data", "sgd": "no data"}, "no data"),
        ({"adam": "no data", "sgd": None}, "variant adam: no data"),
        ({"adam": "no data", "sgd": "too large"}, "variant adam: no data\nvariant sgd: too large"),
    ],
)
def test_what_no_variant_can_do_is_said_once(composer, tmp_path, errors, said):
    class Refusing(MadeUp):
        def results(self, _function, tasks, _affinity):
            yield from ((task, Checked(errors[task[0].variant])) for task in tasks if task[1] != "compile")

    with pytest.raises(UserError, match=f"^{said}$"):
        conduct(planned(composer, STUDY), tmp_path, Refusing(tmp_path), Terminal(), dry_run=True, fail_fast=False)


def test_what_was_tuned_is_said_under_the_names_of_the_study(composer, tmp_path):
    said = conducted(  # a variant's name would be a formula in a spreadsheet
        planned(composer, TUNED | {"variants": {"=adam": [], "sgd": ["optimizer=sgd"]}}), tmp_path
    )
    assert "\n=adam: optimizer.learning_rate=0.1; val_accuracy 0.1000 when tuned, 0.1000 on 2 fresh seeds" in said
    assert "no report" not in said


def test_parts_left_out_of_a_crossed_study_are_compared_cell_by_cell(composer, tmp_path):
    study = {"base": ["regularizer=[l2]"], "drop": ["regularizer.l2"], "seeds": 2}
    rates = {"optimizer.learning_rate": [0.1, 0.01]}
    said = " ".join(conducted(planned(composer, study | {"grid": rates}), tmp_path).split())
    assert "2 seeds cannot reach p < 0.05 over 2 comparisons" in said
    compared = pd.read_csv(tmp_path / "comparisons.csv")
    assert dict(zip(compared["variant"], compared["baseline"], strict=True)) == {
        f"without regularizer.l2,{rate}": f"full,{rate}"
        for rate in ("optimizer.learning_rate=0.1", "optimizer.learning_rate=0.01")
    }


def test_a_study_that_measures_sources_of_variance_trains_identical_runs_once(composer, tmp_path):
    study = read_study({"variants": {"mlp": []}, "seeds": 3, "vary": ["weights", "order"]})
    found = candidates(study_variants(study, {}, [], composer), composer)
    found += source_candidates(found, study, composer)
    plan = Plan(sharing(job for candidate in found for job in candidate.planned(study)), study.model_dump(mode="json"))
    said = conducted(plan, tmp_path)
    assert "7 runs: 1 variant, 3 seeds, 2 sources of variance; 0 done already" in said
    assert "(only order varies with the seed)" in said
    assert "is the same run as" not in said
    assert pd.read_csv(tmp_path / "variance_sources.csv")["n"].tolist() == [3, 3, 3]
    assert "7 runs: 1 variant, 3 seeds, 2 sources of variance; 7 done already" in conducted(plan, tmp_path)


def test_a_tuned_study_that_is_done_announces_nothing(composer, tmp_path):
    tune = {"axes": {"optimizer.learning_rate": [0.1, 0.01]}, "seeds": 1}
    plan = planned(composer, TUNED | {"tune": tune, "seeds": 3})
    assert "4 runs: 2 variants, 3 seeds, and 6 after the tuning; 0 done already; 1 worker" in conducted(plan, tmp_path)
    again = conducted(plan, tmp_path, dry_run=True)
    assert "2 points on 1 seed " in again
    assert "4 runs: 2 variants, 3 seeds; 4 done already; 1 worker; in" in again
    last = next(job for job in plan.jobs if job.phase == "candidate" and job.path(tmp_path).exists())
    shutil.rmtree(last.path(tmp_path))
    assert "3 seeds, and 1 after the tuning; 4 done already" in conducted(plan, tmp_path, dry_run=True)


def test_a_study_tunes_over_ranges_and_says_what_it_could_not(composer, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    axes = {"optimizer.learning_rate": {"low": 0.01, "high": 1.0, "log": True}}
    few = {"optimizer.learning_rate": {"low": 1, "high": 2}}
    tune = {"axes": axes, "per_variant": {"sgd": few}, "budget": 3, "sampler": "sobol"}
    plan = planned(composer, TUNED | {"tune": tune})
    said = " ".join(conducted(plan, tmp_path).split())
    assert "sgd has only 2 points to tune, fewer than its budget of 3: all of them are tried" in said
    assert "sgd: optimizer.learning_rate=2 lies at the edge of the search" in said
    assert "the tuning budget of 3 points was not used up: sgd has only 2 points." in said
    tuning = pd.read_csv(tmp_path / "tuning.csv")
    for _, point in tuning.iterrows():  # a score equals its learning rate: these points were trained
        assert point["point"] == f"optimizer.learning_rate={point['val_accuracy']:.10g}"
    assert list(tuning["budget"]) == [3, 3, 3, 2, 2]
    again = conducted(planned(composer, TUNED | {"tune": tune}), tmp_path, dry_run=True)
    assert "5 runs: 2 variants, 2 seeds; 5 done already" in again


def test_a_directory_takes_no_other_question_s_runs(composer, tmp_path):
    plan = planned(composer, STUDY)
    conducted(plan, tmp_path)
    page = (tmp_path / "index.html").read_bytes()
    refuse_another_question(planned(composer, STUDY | {"seeds": [7]}).jobs, tmp_path)
    more = {"variants": {"adam": [], "rmsprop": ["optimizer=rmsprop"]}}
    refuse_another_question(planned(composer, more).jobs, tmp_path)
    other = planned(composer, STUDY | {"base": ["training.epochs=7"]}).jobs
    with pytest.raises(UserError, match=r"contains the results of another sweep \(4 runs.*hydra\.sweep\.dir=DIR"):
        refuse_another_question(other, tmp_path)
    assert (tmp_path / "index.html").read_bytes() == page
    refuse_another_question(other, tmp_path / "new")
    planned(composer, STUDY).write(tmp_path / "planned")  # by a dry run
    refuse_another_question(other, tmp_path / "planned")


def test_a_grid_typed_in_another_order_keeps_the_baseline_that_its_directory_has(composer, tmp_path):
    def plan(*optimizers, seeds=(0, 1)):
        axes = {"optimizer": [f"optimizer={name}" for name in optimizers]}
        found = candidates(grid_variants(axes, []), composer)
        return Plan([job for cell in found for job in cell.jobs(seeds, "final")])

    def ordered(typed):
        shown = StringIO()
        return in_recorded_order(typed, tmp_path, Terminal(file=shown)), " ".join(shown.getvalue().split())

    first = plan("sgd", "adam")
    assert ordered(first) == (first, "")
    first.write(tmp_path)
    swapped = plan("adam", "sgd")
    assert ordered(swapped) == (swapped, "")  # the existing plan has trained nothing
    conducted(first, tmp_path)
    kept, said = ordered(swapped)
    assert kept == first
    assert said.startswith("optimizer=sgd stays the baseline, as in the recorded plan; to compare with optimizer=")
    assert said.endswith(f"adam: runner report {tmp_path} --baseline optimizer=adam")
    assert ordered(first) == (first, "")
    more, _ = ordered(plan("rmsprop", "adam", "sgd", seeds=(2, 0)))
    assert [(job.variant, job.seed) for job in more.jobs] == [
        (f"optimizer={name}", seed) for name in ("sgd", "adam", "rmsprop") for seed in (2, 0)
    ]
    assert ordered(plan("rmsprop", "adam"))[0] == plan("rmsprop", "adam")  # no baseline: a different question
    conducted(kept, tmp_path)
    assert set(pd.read_csv(tmp_path / "comparisons.csv")["baseline"]) == {"optimizer=sgd"}


def test_one_process_at_a_time_tunes_where_points_or_pruning_depend_on_results(composer, tmp_path):
    plan = planned(composer, TUNED | {"tune": TUNED["tune"] | {"pruner": "median"}})
    with run_lock(tmp_path), pytest.raises(Locked, match="this tuning is in use by another process"):
        conducted(plan, tmp_path)
    with run_lock(tmp_path):
        assert "report" in conducted(planned(composer, TUNED), tmp_path)
