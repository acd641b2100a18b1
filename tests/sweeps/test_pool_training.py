"""Sweeps from the command line: real workers, real runs on embedded data."""

import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import termios
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest

TINY = ("dataset=digits", "model.hidden_units=[4]")


def records(sweep: Path) -> dict[str, dict]:
    """Return every run's record, by the name of its directory without the run id."""
    return {path.parent.name.rpartition("_")[0]: json.loads(path.read_text()) for path in sweep.glob("*/record.json")}


def study(folder: Path, name: str, text: str) -> tuple[str, str]:
    """Write a study into a user's configuration folder; return the flags that name it."""
    (folder / "study").mkdir(parents=True, exist_ok=True)
    (folder / "study" / f"{name}.yaml").write_text(text)
    return "--config-dir", str(folder)


class TestStudy:
    def test_trains_every_variant_on_every_seed(self, smoke_study):
        summary = pd.read_csv(smoke_study / "outputs/studies/smoke/summary.csv")
        assert list(summary["variant"].unique()) == ["none", "l2", "dropout", "both"]
        assert summary.groupby("variant")["seed"].apply(list).to_list() == [[0, 1, 2]] * 4
        assert set(summary["status"]) == {"completed"}
        assert (summary["test_accuracy"] > 0.8).all()

    def test_shows_the_plan_and_what_the_seeds_cannot_show(self, smoke_study):
        said = (smoke_study / "stdout").read_text()
        assert "12 runs: 4 variants, 3 seeds; 0 done already" in said
        assert "3 seeds cannot reach p < 0.05 over 3 comparisons" in said
        assert "[12/12]" in said

    def test_leaves_no_checkpoint_and_no_lock(self, smoke_study):
        names = {path.name for path in smoke_study.glob("outputs/studies/smoke/*/*")}
        assert {"record.json", "history.csv", "predictions.npz", "model.keras", "config.yaml", "run.log"} <= names
        assert not names & {"checkpoint", ".lock"}

    def test_the_same_command_again_trains_nothing(self, smoke_study, quick_cli, tmp_path):
        folder = shutil.copytree(smoke_study, tmp_path / "copy")
        before = {path: path.stat().st_mtime_ns for path in folder.glob("outputs/studies/smoke/*/record.json")}
        table = (folder / "outputs/studies/smoke/summary.csv").read_bytes()
        done = quick_cli("study=smoke", cwd=folder)
        assert done.returncode == 0, done.stderr
        assert "12 done already" in done.stdout
        assert {path: path.stat().st_mtime_ns for path in before} == before
        assert (folder / "outputs/studies/smoke/summary.csv").read_bytes() == table


def test_a_dry_run_trains_nothing(quick_cli, tmp_path):
    done = quick_cli(
        "optimizer=sgd,adam", *TINY, "-m", "seed=0,1", "dry_run=true", "hydra.sweep.dir=s", "hydra.launcher.workers=1",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "4 runs: 2 variants, 2 seeds; 0 done already" in done.stdout
    assert re.search(r"; 1 worker, (\d+ min )?\d+ s to (\d+ min )?\d+ s; in s$", done.stdout, re.MULTILINE)
    assert list((tmp_path / "s").glob("*/record.json")) == []
    assert len(pd.read_csv(tmp_path / "s" / "plan.csv")) == 4


def test_a_dry_run_of_one_run_says_what_it_would_be_and_leaves_nothing(cli, tmp_path):
    done = cli("dataset=digits", "optimizer=sgd", "training.epochs=4", "dry_run=true", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "overrides  dataset=digits  optimizer=sgd  training.epochs=4\n" in done.stdout
    assert "digits, fingerprint " in done.stdout
    assert f" in {tmp_path / 'outputs' / 'runs'}/" in done.stdout
    assert "4 epochs planned; nothing is trained" in done.stdout
    assert [path for path in tmp_path.rglob("*") if path.is_file() or path.parent.name == "runs"] == []


def test_nothing_trains_if_one_variant_cannot_be_built_or_does_not_measure_what_is_tuned_by(quick_cli, tmp_path):
    flags = study(
        tmp_path / "own",
        "wrong",
        "base: [dataset=digits]\nvariants:\n  a: ['training.metrics=[]']\n"
        "  b: [+optimizer.beta_3=0.5]\n  c: ['regularizer=[spatial_dropout]']\n"
        "tune:\n  axes:\n    training.batch_size: [16]\n",
    )
    done = quick_cli("study=wrong", "hydra.launcher.workers=1", *flags, cwd=tmp_path)
    assert done.returncode == 2
    assert "variant b: optimizer.beta_3=0.5: Adam takes no such argument" in done.stderr
    assert "variant c: regularizer.spatial_dropout: SpatialDropout2D needs feature maps" in done.stderr
    assert "val_accuracy: not measured by these runs" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "outputs/studies/wrong").exists()


DEADLY = """
import os, signal, time
from pathlib import Path
import keras

class Deadly(keras.callbacks.Callback):
    def __init__(self, how, then, flag):
        super().__init__()
        self._how, self._then, self._flag = how, then, Path(flag)

    def on_epoch_end(self, epoch, logs=None):
        if epoch < 1:
            return
        try:
            self._flag.touch(exist_ok=False)
            how = self._how
        except FileExistsError:
            how = self._then
        if how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        while how == "hang":
            time.sleep(1)
        if how == "raise":
            raise RuntimeError("it broke")
"""


@pytest.fixture
def deadly(tmp_path):
    """Flags for callbacks=[kill] or [raise], which end a run in this way in its second epoch, but only once.

    With callbacks=[first], the first run raises and the others hang.
    """
    (tmp_path / "own" / "callbacks").mkdir(parents=True)
    ends = {"kill": ("kill", ""), "raise": ("raise", ""), "first": ("raise", "hang")}
    for name, (how, then) in ends.items():
        (tmp_path / "own" / "callbacks" / f"{name}.yaml").write_text(
            f"{name}:\n  _target_: deadly.Deadly\n  how: {how}\n  then: '{then}'\n  flag: {tmp_path / name}\n"
        )
    (tmp_path / "deadly.py").write_text(DEADLY)
    return "trusted_packages=[deadly]", "--config-dir", str(tmp_path / "own")


def test_runs_that_end_badly_cost_themselves_alone_and_are_made_up_for(quick_cli, tmp_path, deadly):
    command = (
        "-m", "callbacks=[kill],[raise],[]", *TINY, "training.epochs=3", "hydra.sweep.dir=s",
        "hydra.launcher.workers=2", *deadly,
    )  # fmt: skip
    reasons = {
        "callbacks=-kill_seed0": "the worker was killed by SIGKILL",
        "callbacks=-raise_seed0": "RuntimeError: it broke",
    }
    done = quick_cli(*command, cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    kept = records(tmp_path / "s")
    assert kept.pop("callbacks=_seed0")["status"] == "completed"
    assert {name: record["status"] for name, record in kept.items()} == dict.fromkeys(reasons, "failed")
    for name, reason in reasons.items():
        assert reason in done.stdout
        assert reason in kept[name]["error"]
        assert str(next((tmp_path / "s").glob(f"{name}*")).relative_to(tmp_path) / "run.log") in done.stdout
    assert set(pd.read_csv(tmp_path / "s" / "summary.csv")["status"]) == {"completed", "failed"}
    again = quick_cli(*command, cwd=tmp_path)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "1 done already" in again.stdout
    for name in reasons:
        assert len(pd.read_csv(next((tmp_path / "s").glob(f"{name}*")) / "history.csv")) == 3


def test_fail_fast_stops_at_the_first_failure(quick_cli, tmp_path, deadly):
    done = quick_cli(
        "-m", "callbacks=[first]", "seed=range(6)", *TINY, "training.epochs=2", "hydra.sweep.dir=s", "fail_fast=true",
        "hydra.launcher.workers=2", *deadly, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    statuses = [record["status"] for record in records(tmp_path / "s").values()]
    assert statuses.count("failed") == 1
    assert len(statuses) < 6


def test_ctrl_c_leaves_a_sweep_of_some_seeds_that_goes_on_from_its_checkpoints(begin, quick_cli, pausing, tmp_path):
    begun = begin("seeds=[3,5]", *pausing, cwd=tmp_path)
    while not list(tmp_path.glob("s/*/checkpoint/state.npz")):
        assert begun.is_alive(), begun.said()
        time.sleep(0.02)
    begun.send_signal(signal.SIGINT)
    assert begun.wait() == 130, begun.said()
    said, errors = begun.said()
    assert "runner resume s" in said
    assert "Traceback" not in errors
    assert "interrupted" in {record["status"] for record in records(tmp_path / "s").values()}
    (tmp_path / "go").touch()
    done = quick_cli("resume", "s", "trusted_packages=[pausing]", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    ended = records(tmp_path / "s").values()
    assert {record["status"] for record in ended} == {"completed"}
    assert sorted(record["seed"] for record in ended) == [3, 5]


def test_a_terminal_that_is_closed_interrupts_a_sweep(spawn, pausing, tmp_path):
    """The kernel then sends SIGHUP to all processes of the terminal, and every write to it fails."""
    outside, inside = pty.openpty()
    process = spawn(
        "seeds=[0,1]", *pausing, cwd=tmp_path, stdin=inside, stdout=inside, stderr=inside, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(inside, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(inside)
    while len(list(tmp_path.glob("s/*/checkpoint/state.npz"))) < 2:
        assert process.poll() is None
        if select.select([outside], [], [], 0.02)[0]:
            os.read(outside, 2**16)
    workers = psutil.Process(process.pid).children(recursive=True)
    os.close(outside)
    assert process.wait(timeout=60) == 143
    assert {record["status"] for record in records(tmp_path / "s").values()} == {"interrupted"}
    assert psutil.wait_procs(workers, timeout=60)[1] == []


def test_two_processes_on_one_sweep_train_no_run_twice(begin, pausing, tmp_path):
    both = [begin("seeds=4", "callbacks.pausing.epochs=0", *pausing, cwd=tmp_path) for _ in range(2)]
    while not all("0 done already" in begun.said()[0] for begun in both):
        assert all(begun.is_alive() for begun in both), [begun.said() for begun in both]
        time.sleep(0.02)
    (tmp_path / "go").touch()
    assert [begun.wait() for begun in both] == [0, 0], [begun.said() for begun in both]
    logs = [path.read_text() for path in tmp_path.glob("s/*/run.log")]
    assert len(logs) == 4
    assert all(log.count("INFO runner.run.execute: epoch 1 ") == 1 for log in logs)


@pytest.fixture(scope="module")
def edited(quick_cli, tmp_path_factory):
    """A study that was planned, edited and then resumed: its folder, and the output."""
    folder = tmp_path_factory.mktemp("edited")
    text = (
        "question: Which?\nbase: [dataset=digits, 'model.hidden_units=[4]', training.epochs=1]\n"
        'variants: {"=a": [optimizer=adam], b: [optimizer=sgd], c: [optimizer=adam]}\nseeds: 1\n'
    )
    flags = study(folder / "own", "mine", text)
    planned = quick_cli("study=mine", "dry_run=true", "hydra.sweep.dir=s", *flags, cwd=folder)
    assert planned.returncode == 0, planned.stderr
    study(folder / "own", "mine", "base: [dataset=digits, training.epochs=2]\nvariants:\n  d: []\nseeds: 3\n")
    done = quick_cli("resume", "s", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


def test_what_is_planned_stays_as_it_was_when_a_file_is_edited(edited):
    kept = records(edited[0] / "s").values()
    assert sorted((record["label"], record["seed"]) for record in kept) == [("=a", 0), ("b", 0)]
    assert all(record["final"]["epoch"] == 1 for record in kept)


def test_a_variant_that_is_another_s_run_is_in_the_report_and_done(edited, program):
    folder, said = edited
    assert "c is the same run as =a" in said
    assert list(pd.read_csv(folder / "s" / "aggregate.csv")["variant"]) == ["'=a", "b", "c"]
    assert "all runs of s have ended" in program("status", "s", cwd=folder).out


def test_a_tuned_study_measures_what_it_chose_on_fresh_seeds(tuned_study):
    said = (tuned_study / "stdout").read_text()
    assert "4 runs: 2 variants" in said
    assert "and 4 after the tuning" in said
    assert said.count("optimizer.learning_rate=0.01 lies at the edge") == 2  # once for each variant
    sweep = tuned_study / "outputs/studies/tuned"
    chosen = pd.read_csv(sweep / "tuning.csv").query("chosen")
    assert list(chosen["point"]) == ["optimizer.learning_rate=0.01"] * 2
    summary = pd.read_csv(sweep / "summary.csv")
    assert list(summary["variant"]) == ["adam", "adam", "sgd", "sgd"]
    assert list(summary["seed"]) == [0, 1, 0, 1]
    assert set(summary["optimizer.learning_rate"]) == {0.01}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("status", "nowhere"), "nowhere: no such directory"),
        (("resume", "nowhere"), "nowhere: no such directory"),
        (("ablate", "base=experiment/smoke"), "runner: ablate: needs drop="),
        (("study=smok",), "study=smok: no such option; did you mean smoke?"),
        (("study=smoke", "study.baseline=nobody"), "study.baseline=nobody: no such variant"),
        (("study=smoke", "seeds=0"), "study.seeds=0"),
        (("seeds=0",), "seeds=0: must be the number of seeds"),
        (("-m", "seed=-1", "dry_run=true"), "seeds=[-1]: must be the number of seeds"),
        (("study=smoke", "seeds=1,2"), "seeds: write several as one list"),
        (("study=smoke", "seed=1", "seeds=2"), "seed=1: seeds=... is also given"),
        (("study=smoke", "hydra.launcher.workers=0"), "hydra.launcher.workers=0: must be an integer from 1 to 1000"),
        (("study=smoke", "optimizer=adamm"), "optimizer=adamm: no such option; did you mean adam?"),
        (("-m", "optimizer=sgd,adamm"), "optimizer=adamm: no such option; did you mean adam?"),
        (("-m", "training.epochs=1,0"), "training.epochs=0: must be an integer of at least 1"),
    ],
)
def test_bad_input_is_one_message(program, tmp_path, arguments, said):
    answer = program(*arguments, cwd=tmp_path)
    assert answer.code == 2, answer
    assert said in answer.err
    assert "Traceback" not in answer.err
    assert [path.name for path in tmp_path.iterdir()] in ([], ["outputs"])


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("study=smoke,optimizers", "dry_run=true"), "study=smoke study=optimizers: one study at a time"),
        (("study=smoke", "study=ablation", "dry_run=true"), "study=smoke study=ablation: one study at a time"),
        (("study=[smoke,optimizers]", "dry_run=true"), "study=[smoke,optimizers]: one study at a time"),
        (("ablate", "base=/etc/passwd", "drop=schedule"), "base=/etc/passwd: must be GROUP/OPTION"),
        (("study=smoke", "dry_run=yess"), "dry_run=yess: must be true or false"),
        (("optimizer=sgd", "dry_run=yess"), "dry_run=yess: must be true or false"),
        (("optimizer=sgd", "fail_fast=true", "dry_run=true"), "fail_fast: only valid in sweeps"),
        (("study=smoke", "fail_fast=maybe"), "fail_fast=maybe: must be true or false"),
        (("study=smoke", "hydra.mode=RUN"), "study: only valid in sweeps"),
        (("study=smoke", "+study.metric=val_acuracy"), "study.metric=val_acuracy: must be a metric of"),
        (("ablate", "base=experiment/smoke", "drop=optimizer"), "study.drop: optimizer: every run needs one"),
    ],
)
def test_what_makes_no_sense_of_a_sweep_is_refused(program, tmp_path, command, message):
    answer = program(*command, cwd=tmp_path)
    assert answer.code == 2, answer
    assert message in answer.err
    assert not list(tmp_path.rglob("record.json"))
