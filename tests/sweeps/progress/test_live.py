import re
from dataclasses import replace

import pytest
from rich.console import Console

from runner.core.lock import run_lock
from runner.records.run_directory import RunDirectory
from runner.sweeps.outcome import Outcome
from runner.sweeps.planning.study import Chosen
from runner.sweeps.progress.best import Best, rounded
from runner.sweeps.progress.live import SweepLines
from tests.sweeps.made_up import history, job, record

JOBS = [job(variant, seed) for variant in ("adam", "sgd") for seed in (0, 1, 2)]


def terminal(**options) -> Console:
    return Console(record=True, force_terminal=True, width=80, highlight=False, markup=False, **options)


def outcome(made, status="completed", **values) -> Outcome:
    return Outcome.of(record(made, status, **values))


def looks(lines: SweepLines) -> list[list[str]]:
    """Return the cells of the display, line by line."""
    console = Console(record=True, width=80)
    console.print(lines.view())
    return [re.split(r"\s{2,}", line.strip()) for line in console.export_text().splitlines() if line.strip()]


def test_a_terminal_shows_counts_time_and_the_best_below_the_lines(tmp_path):
    console = terminal()
    with SweepLines(console, JOBS, tmp_path, Chosen()) as lines:
        lines.show(JOBS[0], outcome(JOBS[0], val_accuracy=0.5))
        lines.show(JOBS[3], outcome(JOBS[3], "failed", error="Traceback\nValueError: it broke"))
        lines.show(JOBS[4], outcome(JOBS[4], val_accuracy=0.25))
    said = console.export_text()
    assert "[1/6] adam, seed 0: completed  val 0.5000  20.0 s" in said
    assert "ValueError: it broke" in said
    assert re.search(r"runs +done +running +failed +waiting +elapsed +ETA", said)
    assert "best by validation so far: adam, val_accuracy 0.5000 (n=1)" in said


def test_counts_are_of_what_ended_what_is_locked_and_the_rest(tmp_path):
    lines = SweepLines(terminal(), JOBS, tmp_path, Chosen())
    lines.show(JOBS[0], outcome(JOBS[0], val_accuracy=0.5))
    lines.show(JOBS[1], outcome(JOBS[1], "diverged"))
    running = JOBS[2].path(tmp_path)
    running.mkdir()
    with run_lock(running):
        titles, row = looks(lines)
    shown = dict(zip(titles, row, strict=True))
    del shown["elapsed"], shown["ETA"]
    assert shown == {"runs": "2/6", "done": "1", "running": "1", "failed": "0", "diverged": "1", "waiting": "3"}


def test_the_time_left_heeds_the_epochs_that_are_done(tmp_path):
    lines = SweepLines(terminal(), [JOBS[0]], tmp_path, Chosen())
    assert looks(lines)[1][-1] == "-"
    directory = RunDirectory(JOBS[0].path(tmp_path))
    directory.path.mkdir()
    directory.write_history(history(4))
    with run_lock(directory.path):
        assert looks(lines)[1][-1] == "12 s"  # six of ten epochs of 2 seconds each, and some overhead


def test_runs_that_ended_before_count_for_the_best_if_they_are_of_the_phase(tmp_path):
    tuning = job("sgd", 1000, "tuning", ("optimizer.learning_rate=0.1",))
    before = [(tuning, outcome(tuning, val_accuracy=0.9)), (JOBS[0], outcome(JOBS[0], val_accuracy=0.5))]
    lines = SweepLines(terminal(), JOBS[1:], tmp_path, Chosen(), before)
    lines.show(JOBS[1], outcome(JOBS[1], val_accuracy=0.7))
    lines.show(JOBS[3], outcome(JOBS[3], val_accuracy=0.5))
    assert looks(lines)[-1] == ["best by validation so far: adam, val_accuracy 0.6000 (n=2)"]


def test_runs_that_measure_a_source_of_variance_are_not_in_the_running_for_the_best(tmp_path):
    sources = [job("adam,vary=order", seed, "source") for seed in (0, 1)]
    lines = SweepLines(terminal(), [*JOBS, *sources], tmp_path, Chosen())
    for one, accuracy in zip((JOBS[0], JOBS[3], *sources), (0.5, 0.4, 0.9, 0.9), strict=True):
        lines.show(one, outcome(one, val_accuracy=accuracy))
    assert looks(lines)[-1] == ["best by validation so far: adam, val_accuracy 0.5000 (n=1)"]


def test_a_batch_of_a_search_is_counted_on_from_the_one_before(tmp_path):
    console = Console(record=True, force_terminal=False, width=80)
    rate = "optimizer.learning_rate=0.0012345678901234567"
    trial = job("trial 002", 0, "trial", (rate,))
    with SweepLines(console, [trial], tmp_path, Chosen(), behind=2, ahead=3) as lines:
        lines.show(trial, outcome(trial))
        assert looks(lines)[1][0] == "3/6"
    assert console.export_text().startswith("[3/6] trial 002 optimizer.learning_rate=0.00123457, seed 0: completed")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a=0.12345678901", "a=0.123457"), ("a=1.234567890123e-05,b=2", "a=1.23457e-05,b=2"), ("a=0.001", "a=0.001"),
        ("version 1.2.3", "version 1.2.3"), ("x=12345678901234567", "x=12345678901234567"),
    ],
)  # fmt: skip
def test_numbers_of_many_digits_are_rounded_for_people(text, shown):
    assert rounded(text) == shown


def test_without_a_terminal_there_is_a_line_a_run_alone(tmp_path):
    console = Console(record=True, force_terminal=False, width=80)
    with SweepLines(console, JOBS, tmp_path, Chosen()) as lines:
        lines.show(JOBS[0], outcome(JOBS[0], val_accuracy=0.5))
    assert console.export_text() == "[1/6] adam, seed 0: completed  val 0.5000  20.0 s\n"


def test_no_test_score_is_shown_while_something_is_chosen(tmp_path):
    for phase, shown in (("final", True), ("tuning", False), ("trial", False)):
        console = Console(record=True, force_terminal=False, width=80)
        one = replace(JOBS[0], phase=phase)
        with SweepLines(console, [one], tmp_path, Chosen()) as lines:
            lines.show(one, replace(outcome(one, val_accuracy=0.5), test_accuracy=0.4))
        assert ("test 0.4000" in console.export_text()) == shown


def test_where_nothing_is_left_nothing_is_shown(tmp_path):
    console = terminal()
    with SweepLines(console, [], tmp_path, Chosen()):
        pass
    assert console.export_text() == ""


@pytest.mark.parametrize(
    ("chosen", "best"),
    [
        (Chosen(), "adam, val_accuracy 0.8000 (n=2)"),
        (Chosen(metric="val_loss"), "adam, val_loss 0.4000 (n=2)"),  # one run of sgd diverged
        (Chosen(metric="val_loss", direction="max"), "adam, val_loss 0.4000 (n=2)"),
    ],
)
def test_the_best_is_by_the_mean_of_completed_runs_in_the_metrics_direction(chosen, best):
    ended = [
        ("sgd", outcome(JOBS[3], val_accuracy=0.7, val_loss=0.1)),
        ("sgd", outcome(JOBS[4], "diverged", val_accuracy=0.99, val_loss=0.0)),
        ("adam", outcome(JOBS[0], val_accuracy=0.7, val_loss=0.3)),
        ("adam", outcome(JOBS[1], val_accuracy=0.9, val_loss=0.5)),
    ]
    assert str(Best.of(ended, chosen)) == f"best by validation so far: {best}"


def test_data_sets_have_a_best_each_and_one_variant_none():
    easy, hard = (
        [(variant, replace(outcome(made, val_accuracy=value), dataset=name)) for variant, made, value in scores]
        for name, scores in (
            ("easy", [("adam", JOBS[0], 0.9), ("sgd", JOBS[3], 0.95)]),
            ("hard", [("adam", JOBS[1], 0.4), ("sgd", JOBS[4], 0.3)]),
        )
    )
    lost = ("sgd", outcome(JOBS[5], "failed"))
    assert [str(best) for best in Best.of_each_dataset([*easy, *hard, lost], Chosen())] == [
        "best by validation so far on easy: sgd, val_accuracy 0.9500 (n=1)",
        "best by validation so far on hard: adam, val_accuracy 0.4000 (n=1)",
    ]
    assert [best.dataset for best in Best.of_each_dataset([*hard, lost], Chosen())] == [None]
    assert Best.of_each_dataset([*easy[:1], lost], Chosen()) == []


def test_there_is_no_best_of_runs_without_a_figure():
    assert Best.of([("sgd", outcome(JOBS[3], "failed"))], Chosen()) is None
    assert Best.of([("sgd", outcome(JOBS[3], val_accuracy=None))], Chosen()) is None
