"""`runner report --watch` and `runner status` on made-up sweeps, and on a real one that another process trains."""

import json
import os
import pty
import shutil
import signal
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from rich.console import Console, ConsoleDimensions

from runner.cli.commands.report import report_arguments
from runner.cli.commands.sweeps import status_command
from runner.core.errors import UserError
from runner.core.lock import run_lock
from runner.records.run_directory import RunDirectory
from runner.sweeps.planning.plan import Plan
from runner.sweeps.progress import watch as watching
from runner.sweeps.progress.status import show_status
from runner.sweeps.progress.watch import Reader, watch
from tests.reporting.conftest import run_maker
from tests.sweeps.made_up import end, history, job

JOBS = [job(variant, seed) for variant in ("adam", "sgd") for seed in (0, 1)]


def terminal(height=30, width=100) -> Console:
    return Console(
        record=True,
        force_terminal=True,
        width=width,
        height=height,
        highlight=False,
        markup=False,
        legacy_windows=False,
    )


@pytest.fixture
def between(monkeypatch):
    """between(step, step, ...) performs one step each time the watch sleeps."""

    def plan(*steps):
        ahead = iter(steps)
        monkeypatch.setattr(watching, "time", SimpleNamespace(sleep=lambda _: next(ahead)(), monotonic=time.monotonic))

    return plan


def status_of(plan, sweep, width=100) -> str:
    console = Console(record=True, width=width, highlight=False, markup=False)
    show_status(console, plan, sweep)
    return console.export_text()


class TestStatus:
    def test_says_where_each_run_stands_what_failed_and_which_variant_leads(self, tmp_path):
        end(JOBS[0], tmp_path, val_accuracy=0.5)
        end(JOBS[1], tmp_path, "failed", error="Traceback\nValueError: it broke")
        slow = job("slow")
        end(slow, tmp_path, val_accuracy=0.25)
        running = RunDirectory(JOBS[2].path(tmp_path))
        running.path.mkdir()
        running.write_history(history(5))
        with run_lock(running.path):
            said = status_of(Plan([*JOBS, slow]), tmp_path)
        assert "running: sgd, seed 0: epoch 5 of 10\n" in said
        assert f"failed: adam, seed 1: ValueError: it broke ({tmp_path / JOBS[1].directory / 'run.log'})\n" in said
        assert "2 runs left, 1 running, about 31 s" in said  # 5 epochs and 10 epochs of 2 seconds, and some overhead
        assert "best by validation so far: adam, val_accuracy 0.5000 (n=1)" in said

    def test_a_record_that_goes_on_without_its_lock_is_interrupted(self, tmp_path):
        end(JOBS[0], tmp_path, "running")
        assert "interrupted" in status_of(Plan(JOBS), tmp_path)

    def test_the_best_is_by_the_studys_own_metric(self, tmp_path):
        for one, loss in zip(JOBS, (0.4, 0.2, 0.25, 0.25), strict=True):
            end(one, tmp_path, val_accuracy=0.5, val_loss=loss)
        said = status_of(Plan(JOBS, {"metric": "val_loss", "direction": None}), tmp_path)
        assert "best by validation so far: sgd, val_loss 0.2500 (n=2)" in said
        assert f"all runs of {tmp_path} have ended" in said.replace("\n", "")

    def test_runs_that_measure_a_source_of_variance_are_shown_and_never_the_best(self, tmp_path):
        sources = [job("adam,vary=order", 0, "source"), job("adam,vary=split", 0, "source")]
        for one, accuracy in zip((*JOBS[:2], *sources), (0.5, 0.5, 0.8, 0.9), strict=True):
            end(one, tmp_path, val_accuracy=accuracy)
        said = status_of(Plan([*JOBS[:2], *sources]), tmp_path)
        assert "adam,vary=order" in said
        assert "best by validation" not in said

    def test_while_a_study_is_tuned_the_best_point_leads_and_its_runs_after_that(self, tmp_path):
        rates = [("optimizer.learning_rate=0.1",), ("optimizer.learning_rate=0.01",)]
        tuning = [job("sgd", 1000, "tuning", rate) for rate in rates]
        fresh = [job("sgd", seed, "candidate", rates[0]) for seed in (0, 1)]
        for one, accuracy in zip(tuning, (0.8, 0.6), strict=True):
            end(one, tmp_path, val_accuracy=accuracy)
        said = status_of(Plan([*tuning, *fresh]), tmp_path)
        assert "best by validation so far: sgd optimizer.learning_rate=0.1, val_accuracy 0.8000 (n=1)" in said
        assert "2 runs left" in said
        final = [replace(one, phase="final") for one in fresh]
        other = job("adam", 0)
        end(final[0], tmp_path, val_accuracy=0.7)
        end(other, tmp_path, val_accuracy=0.6)
        said = status_of(Plan([*tuning, *final, other]), tmp_path)
        assert "optimizer.learning_rate=0.1, val_accuracy 0.7000 (n=1)" in said

    def test_of_single_runs_says_what_each_was_and_names_no_best_across_data_sets(self, tmp_path, capsys, monkeypatch):
        monkeypatch.setenv("COLUMNS", "200")
        made = run_maker(tmp_path)
        for number, (dataset, accuracy) in enumerate([("mnist", 0.9), ("digits", 0.95), ("mnist", 0.8)]):
            overrides = [f"optimizer.beta_1=0.{number}", "seed=4"]
            made(f"2026-01-0{number + 1}", overrides, seed=4, accuracies=[accuracy], dataset=dataset)
        status_command([str(tmp_path)])
        said = capsys.readouterr().out
        rows = [line for line in said.splitlines() if "2026-01-" in line]
        assert ["mnist: optimizer.beta_1=0.0, seed 4" in rows[0], "digits: " in rows[1]] == [True, True]
        assert "best" not in said.replace("best by validation so far on mnist (ffffff)", "")
        status_command([str(tmp_path / "2026-01-01")])
        assert "best" not in capsys.readouterr().out

    def test_names_a_record_that_cannot_be_read(self, tmp_path):
        for one in JOBS:
            end(one, tmp_path)
        (JOBS[1].path(tmp_path) / "record.json").write_text('{"seed": NaN}')
        said = status_of(Plan(JOBS), tmp_path, width=400)
        assert f"will be trained again: {JOBS[1].path(tmp_path) / 'record.json'}: not a valid run record" in said
        assert "1 run left, 0 running" in said

    def test_of_single_runs_has_a_row_each(self, tmp_path, capsys):
        end(JOBS[0], tmp_path)
        end(JOBS[1], tmp_path, "running")
        status_command([str(JOBS[1].path(tmp_path))])
        assert "interrupted" in capsys.readouterr().out
        (JOBS[0].path(tmp_path) / "record.json").write_text("{}")
        status_command([str(tmp_path)])
        said = capsys.readouterr().out
        assert [word in said for word in ("unreadable", "interrupted", "completed")] == [True, True, False]
        with pytest.raises(UserError, match="nothing: no such directory"):
            status_command([str(tmp_path / "nothing")])
        (tmp_path / "empty").mkdir()
        with pytest.raises(UserError, match="neither a run nor a sweep was started here"):
            status_command([str(tmp_path / "empty")])

    def test_a_plan_that_cannot_be_read_is_named_and_hides_nothing(self, tmp_path, capsys):
        Plan(JOBS[:1]).write(tmp_path / "a")
        end(JOBS[0], tmp_path / "b")
        (tmp_path / "b" / "plan.json").write_text("{")
        Plan(JOBS[:2]).write(tmp_path / "c")
        status_command([str(tmp_path)])
        said = capsys.readouterr().out
        assert f"unreadable: {tmp_path / 'b' / 'plan.json'}: not a valid sweep plan (" in said
        assert [text in said for text in ("1 run left", "2 runs left", JOBS[0].directory)] == [True] * 3


class TestWatch:
    def test_shows_a_sweep_until_its_last_run_has_ended(self, tmp_path, between):
        Plan(JOBS).write(tmp_path)
        end(JOBS[0], tmp_path, val_accuracy=0.5)
        console = terminal()
        between(
            lambda: end(JOBS[1], tmp_path, "failed", error="ValueError: it broke"),
            lambda: end(JOBS[2], tmp_path, val_accuracy=0.75),
            lambda: end(JOBS[3], tmp_path, "diverged"),
        )
        watch([tmp_path], console, 2.0)
        said = console.export_text()
        steps = [said.find(text) for text in ("3 runs left", "2 runs left", "1 run left", "have ended")]
        assert -1 < steps[0] < steps[1] < steps[2] < steps[3]
        assert "best by" not in said[: steps[2]]  # until then, only one variant has a result
        assert "adam, val_accuracy 0.5000 (n=1)" in said[steps[3] :]  # a run of sgd diverged
        assert "sgd, val_accuracy 0.7500 (n=1)" in said
        assert "failed: adam, seed 1: ValueError: it broke" in said
        assert f"nothing is training at the moment; to resume: runner resume {tmp_path}" in said.replace("\n", "")

    def test_is_silent_without_a_terminal(self, tmp_path, between):
        Plan(JOBS[:1]).write(tmp_path)
        console = Console(record=True, force_terminal=False)
        between(lambda: end(JOBS[0], tmp_path))
        watch([tmp_path], console, 2.0)
        assert console.export_text() == ""

    def test_what_is_half_written_or_gone_counts_as_not_there_yet(self, tmp_path, between):
        plan = tmp_path / "plan.json"
        whole = tmp_path / "plan.json"
        Plan(JOBS[:2]).write(tmp_path)
        text = whole.read_text()
        first = JOBS[0].path(tmp_path)
        between(
            lambda: (first.mkdir(), (first / "record.json").write_text('{"run_id": "x", "sta')),
            lambda: (end(JOBS[0], tmp_path), (first / "history.csv").write_text("epoch,val_accuracy\n1,0.")),
            lambda: plan.write_text(text[: len(text) // 2]),
            lambda: shutil.rmtree(first),
            lambda: (plan.write_text(text), end(JOBS[0], tmp_path), end(JOBS[1], tmp_path)),
        )
        watch([tmp_path], terminal(), 2.0)

    def test_a_plan_that_grows_is_followed(self, tmp_path, between):
        Plan(JOBS[:1], search={"metric": "val_loss", "direction": None, "to_come": 1}).write(tmp_path)
        end(JOBS[0], tmp_path, val_loss=0.5)
        console = terminal()
        between(
            lambda: Plan(JOBS[:2], search={"metric": "val_loss", "direction": None, "to_come": 0}).write(tmp_path),
            lambda: end(JOBS[1], tmp_path, val_loss=0.25),
        )
        watch([tmp_path], console, 2.0)
        said = console.export_text()
        assert "1 run left, 0 running, about 20 s" in said
        assert "best" not in said  # there is only one variant

    def test_a_sweep_that_is_about_to_begin_is_waited_for(self, tmp_path, between):
        sweep = tmp_path / "s"
        console = terminal()
        between(sweep.mkdir, lambda: Plan(JOBS[:1]).write(sweep), lambda: end(JOBS[0], sweep))
        watch([sweep], console, 2.0)
        assert "no run yet; waiting" in " ".join(console.export_text().split())

    @pytest.mark.parametrize(("made", "seconds"), [(None, 60), ("multirun.yaml", 600)])
    def test_patience_ends(self, tmp_path, monkeypatch, made, seconds):
        now = [0.0]
        passed = SimpleNamespace(monotonic=lambda: now[0], sleep=lambda interval: now.__setitem__(0, now[0] + interval))
        monkeypatch.setattr(watching, "time", passed)  # only in this module, because other threads sleep too
        if made:
            (tmp_path / made).touch()
        with pytest.raises(UserError, match="nothing to watch"):
            watch([tmp_path], Console(force_terminal=False), 2.0)
        assert seconds < now[0] <= seconds + 2

    def test_a_directory_that_does_not_appear_is_named_as_elsewhere(self, tmp_path, monkeypatch):
        times = iter([0.0, 61.0])
        monkeypatch.setattr(watching, "time", SimpleNamespace(monotonic=lambda: next(times)))
        with pytest.raises(UserError, match=r"nowhere: no such directory$"):
            watch([tmp_path / "nowhere"], Console(force_terminal=False), 2.0)

    def test_a_folder_of_runs_is_watched_until_no_record_says_running(self, tmp_path, between):
        end(JOBS[0], tmp_path, val_accuracy=0.5)
        end(JOBS[1], tmp_path, "interrupted")
        end(JOBS[2], tmp_path, "running")
        directory = RunDirectory(JOBS[2].path(tmp_path))
        directory.write_history(history(5))
        directory.write_config("training: {epochs: 10}\n")
        console = terminal()
        between(lambda: end(JOBS[2], tmp_path, val_accuracy=0.75))
        with run_lock(directory.path):
            watched = Reader().watched(tmp_path)
            console.print(*watched[0].views(console.size))
        watch([tmp_path], console, 2.0)
        said = console.export_text()
        assert "5 of 10" in said
        assert "0.0500" in said
        assert "best by validation so far: sgd, val_accuracy 0.7500 (n=1)" in said

    def test_a_single_run_is_watched(self, tmp_path, between):
        end(JOBS[0], tmp_path, "running")
        between(lambda: end(JOBS[0], tmp_path))
        watch([JOBS[0].path(tmp_path)], Console(force_terminal=False), 2.0)

    def test_all_sweeps_below_a_folder_are_watched(self, tmp_path, between):
        for name in ("a", "b"):
            Plan(JOBS[:1]).write(tmp_path / name)
        console = terminal(width=160)
        between(lambda: end(JOBS[0], tmp_path / "a"), lambda: end(JOBS[0], tmp_path / "b"))
        watch([tmp_path], console, 2.0)
        assert f"all runs of {tmp_path / 'a'} have ended" in console.export_text()

    def test_a_plan_that_cannot_be_read_keeps_nobody_waiting(self, tmp_path, between):
        Plan(JOBS[:1]).write(tmp_path / "a")
        end(JOBS[0], tmp_path / "a")
        end(JOBS[0], tmp_path / "b", "running")
        (tmp_path / "b" / "plan.json").write_text("{")
        console = terminal()
        between(lambda: end(JOBS[0], tmp_path / "b"))
        watch([tmp_path], console, 2.0)
        assert "unreadable: " in console.export_text()

    def test_many_variants_fit_a_small_screen_and_those_that_are_trained_are_among_them(self, tmp_path):
        jobs = [job(f"variant {number}", 0) for number in range(100)]
        for one in jobs[:50]:
            end(one, tmp_path, "failed", error="ValueError: it broke " * 9)
        running = jobs[70].path(tmp_path)
        running.mkdir()
        Plan(jobs).write(tmp_path)
        with run_lock(running):
            views = Reader().watched(tmp_path)[0].views(ConsoleDimensions(80, 24))
        console = Console(record=True, width=80, highlight=False)
        for view in views:
            console.print(view)
        said = console.export_text()
        assert len(said.splitlines()) < 24
        assert "│ variant 70 " in said
        assert "others" in said
        assert "running: variant 70, seed 0" in said
        assert "50 runs left, 1 running" in said


def test_ctrl_c_in_a_terminal_ends_the_watching_with_130_and_no_traceback(spawn, tmp_path):
    Plan(JOBS).write(tmp_path)
    reading, writing = pty.openpty()
    process = spawn("report", "--watch", str(tmp_path), cwd=tmp_path, stdout=writing, stderr=writing)
    os.close(writing)
    said = b""
    while b"4 runs left" not in said:
        said += os.read(reading, 4096)
    process.send_signal(signal.SIGINT)
    try:
        while more := os.read(reading, 4096):
            said += more
    except OSError:  # Linux's error for a terminal without a writer
        pass
    os.close(reading)
    assert process.wait(timeout=60) == 130
    assert b"Traceback" not in said
    assert not (tmp_path / "summary.csv").exists()


@pytest.mark.parametrize("interval", ["0", "-0.5", "nan", "soon"])
def test_an_interval_is_a_number_of_seconds(interval, capsys):
    with pytest.raises(SystemExit, match="2"):
        report_arguments(["--watch", ".", "--interval", interval])
    assert f"--interval: {interval}: must be a number of seconds above 0" in capsys.readouterr().err


def test_it_ends_with_the_sweep_of_another_process_and_writes_the_report(begin, tmp_path):
    sweep = tmp_path / "outputs/studies/smoke"
    options = ("dataset=digits", "training.epochs=1", f"hydra.sweep.dir={sweep}")
    training = begin("study=smoke", "seeds=2", *options, cwd=tmp_path)
    watcher = begin(
        "report",
        "--watch",
        str(sweep),
        "--interval",
        "0.2",
        "--metric",
        "test_loss",
        "--out",
        "here",
        cwd=tmp_path,
        figures=True,
    )
    assert watcher.wait() == 0, watcher.said()
    states = [json.loads(path.read_text())["status"] for path in sweep.glob("*/record.json")]
    said, errors = watcher.said()
    assert training.wait() == 0, training.said()
    assert states == ["completed"] * 8
    assert "\nnone (mean test loss" in said
    assert (tmp_path / "here" / "index.html").exists()
    assert not errors
    assert not list(sweep.glob("*/.lock"))
