"""Sweeps from the command line: real workers, real runs on the embedded digits."""

import fcntl
import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest

RUNNER = (sys.executable, "-m", "runner")
QUICK = ("dataset=mnist_5k", "training.epochs=1")


def records(sweep: Path) -> dict[str, dict]:
    """Every run's record, by the name of its directory without the run id."""
    return {path.parent.name.rpartition("_")[0]: json.loads(path.read_text()) for path in sweep.glob("*/record.json")}


def study(folder: Path, name: str, text: str) -> tuple[str, str]:
    """Write a study into a configuration folder of the user's; return the flags that name it."""
    (folder / "study").mkdir(parents=True, exist_ok=True)
    (folder / "study" / f"{name}.yaml").write_text(text)
    return "--config-dir", str(folder)


@pytest.fixture(scope="module")
def smoke(cli, tmp_path_factory):
    """The smoke study, run once: its folder and what it printed."""
    folder = tmp_path_factory.mktemp("smoke")
    done = cli("study=smoke", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


class TestStudy:
    def test_trains_every_variant_on_every_seed(self, smoke):
        folder, _ = smoke
        summary = pd.read_csv(folder / "outputs/studies/smoke/summary.csv")
        assert list(summary["variant"].unique()) == ["none", "l2", "dropout", "both"]
        assert summary.groupby("variant")["seed"].apply(list).to_list() == [[0, 1, 2]] * 4
        assert set(summary["status"]) == {"completed"}
        assert (summary["test_accuracy"] > 0.8).all()

    def test_shows_the_plan_and_what_the_seeds_cannot_show(self, smoke):
        _, said = smoke
        assert "12 runs: 4 variants, 3 seeds; 0 done already" in said
        assert "3 seeds cannot reach p < 0.05 over 3 comparisons" in said
        assert "[12/12]" in said

    def test_leaves_no_checkpoint_and_no_lock(self, smoke):
        folder, _ = smoke
        names = {path.name for path in folder.glob("outputs/studies/smoke/*/*")}
        assert {"record.json", "history.csv", "predictions.npz", "model.keras", "config.yaml", "run.log"} <= names
        assert not names & {"checkpoint", ".lock"}

    def test_the_same_command_again_trains_nothing(self, smoke, cli):
        folder, _ = smoke
        before = {path: path.stat().st_mtime_ns for path in folder.glob("outputs/studies/smoke/*/record.json")}
        table = (folder / "outputs/studies/smoke/summary.csv").read_bytes()
        done = cli("study=smoke", cwd=folder)
        assert done.returncode == 0, done.stderr
        assert "12 done already" in done.stdout
        assert {path: path.stat().st_mtime_ns for path in before} == before
        assert (folder / "outputs/studies/smoke/summary.csv").read_bytes() == table

    def test_another_seed_and_another_key_give_new_runs_beside_the_old(self, smoke, cli):
        folder, _ = smoke
        more = cli("study=smoke", "seeds=4", "dry_run=true", cwd=folder)
        assert "16 runs: 4 variants, 4 seeds; 12 done already" in more.stdout
        other = cli("study=smoke", "optimizer=sgd", "dry_run=true", cwd=folder)
        assert "12 runs: 4 variants, 3 seeds; 0 done already" in other.stdout

    def test_status_says_how_far_it_is(self, smoke, cli):
        folder, _ = smoke
        assert cli("study=smoke", "dry_run=true", cwd=folder).returncode == 0
        done = cli("status", "outputs/studies/smoke", cwd=folder)
        assert done.returncode == 0, done.stderr
        assert "completed" in done.stdout
        assert "all runs of outputs/studies/smoke have ended" in done.stdout


def test_a_dry_run_trains_nothing(cli, tmp_path):
    done = cli("optimizer=sgd,adam", *QUICK, "-m", "seed=0,1", "dry_run=true", "hydra.sweep.dir=s", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "4 runs: 2 variants, 2 seeds; 0 done already" in done.stdout
    assert "about" in done.stdout
    assert list((tmp_path / "s").glob("*/record.json")) == []
    assert len(pd.read_csv(tmp_path / "s" / "plan.csv")) == 4


def test_nothing_trains_if_one_variant_cannot_be_built(cli, tmp_path):
    flags = study(
        tmp_path / "own",
        "wrong",
        "base: [dataset=mnist_5k]\nvariants:\n  a: []\n  b: [optimizer._target_=keras.optimizers.Adamm]\n"
        "  c: ['regularizer=[spatial_dropout]']\n",
    )
    done = cli("study=wrong", *flags, cwd=tmp_path)
    assert done.returncode == 2
    assert "variant b: optimizer._target_=keras.optimizers.Adamm: no such class" in done.stderr
    assert "variant c: regularizer.spatial_dropout: SpatialDropout2D needs feature maps" in done.stderr
    assert list(tmp_path.glob("outputs/studies/wrong/*/record.json")) == []


def test_seeds_alone_make_a_sweep(cli, tmp_path):
    done = cli("seeds=[3,5]", *QUICK, "hydra.sweep.dir=s", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(record["seed"] for record in records(tmp_path / "s").values()) == [3, 5]


DEADLY = """
import os, signal, time
from pathlib import Path
import keras

class Deadly(keras.callbacks.Callback):
    def __init__(self, how, flag):
        super().__init__()
        self._how, self._flag = how, flag

    def on_epoch_end(self, epoch, logs=None):
        if epoch < 1 or Path(self._flag).exists():
            return
        Path(self._flag).touch()
        if self._how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        while self._how == "hang":
            time.sleep(1)
        raise RuntimeError("it broke")
"""


@pytest.fixture
def deadly(tmp_path):
    """Flags and environment for callbacks=[deadly]: a run that ends badly in its second epoch, but only once."""
    (tmp_path / "own" / "callbacks").mkdir(parents=True)
    (tmp_path / "own" / "callbacks" / "deadly.yaml").write_text(
        f"deadly:\n  _target_: deadly.Deadly\n  how: kill\n  flag: {tmp_path / 'flag'}\n"
    )
    (tmp_path / "deadly.py").write_text(DEADLY)
    flags = ("trusted_packages=[deadly]", "--config-dir", str(tmp_path / "own"))
    return flags, {"PYTHONPATH": str(tmp_path)}


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("kill", "the worker was killed by SIGKILL"),
        ("hang", "stopped after timeout_s=25 seconds"),
        ("raise", "RuntimeError: it broke"),
    ],
)
def test_a_run_that_ends_badly_costs_itself_alone_and_is_made_up_for(cli, tmp_path, deadly, how, reason):
    flags, environment = deadly
    command = (
        "-m", "callbacks=[],[deadly]", "dataset=mnist_5k", "training.epochs=3", "hydra.sweep.dir=s",
        "hydra.launcher.timeout_s=25", *flags,
    )  # fmt: skip
    (tmp_path / "own" / "callbacks" / "deadly.yaml").write_text(
        (tmp_path / "own" / "callbacks" / "deadly.yaml").read_text().replace("how: kill", f"how: {how}")
    )
    done = cli(*command, cwd=tmp_path, env=environment)
    assert done.returncode == 1, done.stdout + done.stderr
    assert reason in done.stdout
    kept = records(tmp_path / "s")
    assert kept["callbacks=_seed0"]["status"] == "completed"
    assert kept["callbacks=-deadly_seed0"]["status"] == "failed"
    assert reason in kept["callbacks=-deadly_seed0"]["error"]
    assert str(next((tmp_path / "s").glob("callbacks=-deadly*")).relative_to(tmp_path) / "run.log") in done.stdout
    assert set(pd.read_csv(tmp_path / "s" / "summary.csv")["status"]) == {"completed", "failed"}
    again = cli(*command, cwd=tmp_path, env=environment)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "1 done already" in again.stdout
    assert len(pd.read_csv(next((tmp_path / "s").glob("callbacks=-deadly*")) / "history.csv")) == 3


def test_fail_fast_stops_at_the_first_failure(cli, tmp_path, deadly):
    flags, environment = deadly
    done = cli(
        "-m", "callbacks=[deadly]", "seed=range(6)", "dataset=mnist_5k", "training.epochs=300", "hydra.sweep.dir=s",
        "fail_fast=true", "hydra.launcher.workers=2", *flags, cwd=tmp_path, env=environment,
    )  # fmt: skip
    assert done.returncode == 1
    statuses = [record["status"] for record in records(tmp_path / "s").values()]
    assert statuses.count("failed") == 1
    assert len(statuses) < 6


def test_ctrl_c_leaves_a_sweep_that_goes_on_from_its_checkpoints(tmp_path):
    command = [*RUNNER, "seeds=[0,1]", "dataset=mnist_5k", "training.epochs=150", "hydra.sweep.dir=s"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not list(tmp_path.glob("s/*/checkpoint/state.npz")):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        said, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "runner resume s" in said
    assert "Traceback" not in errors
    assert "interrupted" in {record["status"] for record in records(tmp_path / "s").values()}
    done = subprocess.run([*RUNNER, "resume", "s"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert {record["status"] for record in records(tmp_path / "s").values()} == {"completed"}


def test_a_terminal_that_is_closed_interrupts_a_sweep(tmp_path):
    """The kernel then sends SIGHUP to all in it, and every write to it fails."""
    command = [*RUNNER, "seeds=[0,1]", "dataset=mnist_5k", "training.epochs=1000", "hydra.sweep.dir=s"]
    outside, inside = pty.openpty()
    process = subprocess.Popen(
        command, cwd=tmp_path, stdin=inside, stdout=inside, stderr=inside, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(inside, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(inside)
    while len(list(tmp_path.glob("s/*/checkpoint/state.npz"))) < 2:
        assert process.poll() is None
        if select.select([outside], [], [], 0.02)[0]:
            os.read(outside, 2**16)
    workers = psutil.Process(process.pid).children(recursive=True)
    os.close(outside)
    assert process.wait(timeout=30) == 143
    assert {record["status"] for record in records(tmp_path / "s").values()} == {"interrupted"}
    assert psutil.wait_procs(workers, timeout=10)[1] == []


def test_two_processes_on_one_sweep_train_no_run_twice(tmp_path):
    command = [*RUNNER, "seeds=4", "dataset=mnist_5k", "training.epochs=20", "hydra.sweep.dir=s"]
    both = [subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    logs = [path.read_text() for path in tmp_path.glob("s/*/run.log")]
    assert len(logs) == 4
    assert all(log.count("INFO runner.app: epoch 1 ") == 1 for log in logs)


def test_what_is_planned_stays_as_it_was_when_a_file_is_edited(cli, tmp_path):
    flags = study(
        tmp_path / "own", "mine", "base: [dataset=mnist_5k, training.epochs=1]\nvariants:\n  a: []\nseeds: 2\n"
    )
    assert cli("study=mine", "dry_run=true", *flags, cwd=tmp_path).returncode == 0
    study(tmp_path / "own", "mine", "base: [dataset=mnist_5k, training.epochs=2]\nvariants:\n  b: []\nseeds: 3\n")
    done = cli("resume", "outputs/studies/mine", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    kept = records(tmp_path / "outputs/studies/mine")
    assert sorted(kept) == ["a_seed0", "a_seed1"]
    assert all(record["final"]["epoch"] == 1 for record in kept.values())


def test_a_tuned_study_measures_what_it_chose_on_fresh_seeds(cli, tmp_path):
    flags = study(
        tmp_path / "own",
        "tuned",
        "base: [dataset=mnist_5k, training.epochs=1, schedule=constant]\n"
        "variants:\n  adam: [optimizer=adam]\n  sgd: [optimizer=sgd]\n"
        "tune:\n  axes:\n    optimizer.learning_rate: [1.0e-6, 1.0e-2]\nseeds: 2\n",
    )
    done = cli("study=tuned", *flags, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "4 runs: 2 variants" in done.stdout
    assert "and 4 after the tuning" in done.stdout
    sweep = tmp_path / "outputs/studies/tuned"
    chosen = pd.read_csv(sweep / "tuning.csv").query("chosen")
    assert list(chosen["point"]) == ["optimizer.learning_rate=0.01"] * 2
    summary = pd.read_csv(sweep / "summary.csv")
    assert list(summary["variant"]) == ["adam", "adam", "sgd", "sgd"]
    assert list(summary["seed"]) == [0, 1, 0, 1]
    assert set(summary["optimizer.learning_rate"]) == {0.01}


def test_an_ablation_leaves_each_part_out(cli, tmp_path):
    done = cli(
        "ablate", "base=experiment/smoke", "drop=regularizer.dropout,schedule", "seeds=1", "training.epochs=1",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (summary,) = tmp_path.glob("outputs/studies/ablation*/summary.csv")
    assert list(pd.read_csv(summary)["variant"]) == ["full", "without regularizer.dropout", "without schedule"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("status", "nowhere"), "nowhere: no run and no sweep was begun here"),
        (("resume", "nowhere"), "nowhere: no run and no sweep was begun here"),
        (("ablate", "base=experiment/smoke"), "runner: ablate: needs drop="),
        (("study=smok",), "study=smok: no such option; did you mean smoke?"),
        (("study=smoke", "study.baseline=nobody"), "study.baseline=nobody: no such variant"),
        (("study=smoke", "seeds=0"), "study.seeds=0"),
        (("seeds=0",), "seeds=0: must be a number of seeds"),
        (("seed=-1", "dry_run=true"), "seeds=[-1]: must be a number of seeds"),
        (("study=smoke", "seeds=1,2"), "seeds: several are one list"),
        (("study=smoke", "seed=1", "seeds=2"), "seed=1: seeds are given too"),
        (("study=smoke", "hydra.launcher.workers=0"), "hydra.launcher.workers=0: must be an integer from 1 to 1000"),
        (("study=smoke", "optimizer=adamm"), "optimizer=adamm: no such option; did you mean adam?"),
        (("-m", "optimizer=sgd,adamm"), "optimizer=adamm: no such option; did you mean adam?"),
        (("-m", "training.epochs=1,0"), "training.epochs=0: must be an integer at least 1"),
    ],
)
def test_bad_input_is_one_message(cli, tmp_path, arguments, said):
    done = cli(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] in ([], ["outputs"])


def test_a_variant_that_is_another_s_run_is_in_the_report_and_done(cli, tmp_path):
    text = (
        "question: Which?\nbase: [dataset=mnist_5k, training.epochs=1]\n"
        'variants: {"=a": [optimizer=adam], b: [optimizer=sgd], c: [optimizer=adam]}\nseeds: 1\n'
    )
    done = cli(*study(tmp_path / "own", "twice", text), "study=twice", "hydra.sweep.dir=s", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "c is the same run as =a" in done.stdout
    assert list(pd.read_csv(tmp_path / "s" / "aggregate.csv")["variant"]) == ["'=a", "b", "c"]
    assert "all runs of s have ended" in cli("status", "s", cwd=tmp_path).stdout


def test_a_dry_run_leaves_the_plan_of_runs_that_are_there(cli, tmp_path):
    command = ("experiment=smoke", "seeds=1", "hydra.sweep.dir=s")
    assert cli(*command, cwd=tmp_path).returncode == 0
    before = (tmp_path / "s" / "plan.json").read_bytes()
    done = cli(*command, "training.epochs=3", "dry_run=true", cwd=tmp_path)
    assert "stays as it is" in done.stdout
    assert (tmp_path / "s" / "plan.json").read_bytes() == before


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("study=smoke,optimizers", "dry_run=true"), "study=smoke study=optimizers: one study at a time"),
        (("study=smoke", "study=ablation", "dry_run=true"), "study=smoke study=ablation: one study at a time"),
        (("study=[smoke,optimizers]", "dry_run=true"), "study=[smoke,optimizers]: one study at a time"),
        (("ablate", "base=/etc/passwd", "drop=schedule"), "base=/etc/passwd: must be GROUP/OPTION"),
        (
            ("study=smoke", "+study.tune.axes={training.batch_size: [16, 32]}", "training.metrics=[]"),
            "val_accuracy: not measured by these runs",
        ),
        (("study=smoke", "dry_run=yess"), "dry_run=yess: must be true or false"),
        (("study=smoke", "fail_fast=maybe"), "fail_fast=maybe: must be true or false"),
        (("study=smoke", "hydra.mode=RUN"), "study: of a sweep, and this is one run"),
        (
            ("study=smoke", "+study.metric=val_acuracy"),
            "study.metric=val_acuracy: must be a figure of",
        ),
        (("ablate", "base=experiment/smoke", "drop=optimizer"), "study.drop: optimizer: a run cannot be without one"),
    ],
)
def test_what_makes_no_sense_of_a_sweep_is_refused(cli, tmp_path, command, message):
    done = cli(*command, cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert message in done.stderr
    assert not list(tmp_path.rglob("record.json"))
