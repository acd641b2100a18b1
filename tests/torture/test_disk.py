"""A disk that is full, read-only or gone: one message, exit code 3, no loss, and the same command resumes the work."""

import contextlib
import errno
import json
import logging
import os
import random
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from runner.core.errors import EXIT_ENVIRONMENT, EnvironmentFault
from runner.core.lock import run_lock
from runner.records.job import Job
from runner.records.run_directory import RunDirectory, logged_by
from runner.run.cache import Kept
from runner.run.execute import run
from runner.run.request import Request
from runner.sweeps.outcome import read_status
from runner.sweeps.planning.plan import Plan
from runner.sweeps.run_plan import conduct
from tests import warm
from tests.composed import config
from tests.torture.faulty import FaultyDisk, Site
from tests.torture.results import Result, assert_whole, epochs_of, found, leftovers, results_in, trained_epochs

ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE)
TINY = ("dataset=digits", "model.hidden_units=[8]", "training.epochs=2")

pytestmark = pytest.mark.promise(
    "**Disk**: if any write fails (no space, quota, read-only, input/output error, too many files), no"
    " result is lost: there is one message and exit code 3, and the same command continues with bit-identical results"
)


class Single:
    """One run with its figures, as `runner` trains it, without the start-up time of a process."""

    runs = 1
    attempts = (5, 100)

    def __init__(self) -> None:
        self._config = config(*TINY)
        self._kept = Kept()

    def __call__(self, folder: Path) -> None:
        """Train or continue, unless the run is done, because it may have survived a refused operation."""
        record = read_status(RunDirectory(folder))
        if record and record.status == "completed":
            return
        request = Request(folder, {"optimizer": "adam"}, list(TINY), in_sweep=False)
        with run_lock(folder), logged_by(logging.FileHandler(folder / "run.log", delay=True)):
            record = run(self._config, request, Console(quiet=True), self._kept)
        assert record.status == "completed", record.error


class Here:
    """A pool without processes."""

    workers = 1

    @property
    def checker(self) -> "Here":
        return self

    def results(self, function: Callable[[Any], Any], tasks: Any, affinity: Any) -> Iterator[tuple[Any, Any]]:
        for task in tasks:
            yield task, function(task)

    def close(self) -> None:
        pass


class Sweep:
    """Two runs and their report, in this process."""

    runs = 2
    attempts = (2, 100)

    def __init__(self) -> None:
        self._jobs = [
            Job(f"run{seed}", "adam", seed, [*TINY, f"seed={seed}"], {"optimizer": "adam"},
                config(*TINY, f"seed={seed}"), f"adam_seed{seed}_run{seed}")
            for seed in range(self.runs)
        ]  # fmt: skip

    def __call__(self, folder: Path) -> None:
        """Train the missing runs."""
        conduct(Plan(self._jobs), folder, Here(), Console(quiet=True), dry_run=False, fail_fast=False)


KINDS = {"a run": Single, "a sweep": Sweep}


@pytest.fixture(scope="module", params=KINDS)
def program(request: pytest.FixtureRequest) -> tuple[str, Any]:
    return request.param, KINDS[request.param]()


@pytest.fixture(scope="module")
def undisturbed(program, tmp_path_factory) -> tuple[dict[tuple[str, int], Result], list[Site]]:
    """Results on a good disk, and all operations that write them."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with FaultyDisk(folder, errno.ENOSPC).in_place() as disk:
        program[1](folder)
    results = results_in(folder)
    assert len(results) == program[1].runs
    return results, disk.sites


def chosen(sites: list[Site], most: int) -> list[int]:
    """Order the operations so that one of each kind on each file precedes any second one, with alternating kinds."""
    seen: Counter[Site | str] = Counter()
    ranks = {}
    for number in random.Random(0).sample(range(len(sites)), len(sites)):
        site = sites[number]
        ranks[number] = seen[site], seen[site[0]]
        seen.update([site, site[0]])
    return sorted(sorted(ranks, key=ranks.__getitem__)[:most])


def refusal(train: Callable[[Path], None], folder: Path, disk: FaultyDisk) -> str:
    """Train on a bad disk; return the program's message, or nothing if it survived."""
    try:
        with disk.in_place():
            train(folder)
    except EnvironmentFault as fault:
        return str(fault)
    return ""


def test_every_operation_may_fail(program, undisturbed, attempts, measured, tmp_path):
    name, train = program
    expected, sites = undisturbed
    numbers = chosen(sites, attempts(*train.attempts))
    stopped = 0
    for turn, number in enumerate(numbers):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        error = ERRORS[turn % len(ERRORS)]
        said = refusal(train, folder, FaultyDisk(folder, error, number, lasting=turn % 3 > 0))
        stopped += bool(said)
        assert len(said.splitlines()) == bool(said)
        assert_whole(folder)
        before = {path: epochs_of(path) for path in found(folder) if path.is_dir()}
        train(folder)
        assert results_in(folder) == expected, f"after {os.strerror(error)} at {sites[number]}"
        for path, rows in before.items():
            assert epochs_of(path)[: len(rows)] == rows  # including the seconds: existing epochs were not trained again
        for path in found(folder, "record.json"):
            assert len(set(trained_epochs(path.parent))) == len(trained_epochs(path.parent))
        assert not leftovers(folder)
        shutil.rmtree(folder)
    assert stopped > len(numbers) / 2
    measured(
        f"{name}: {len(numbers)} of {len(sites)} operations failed, {stopped} ended it, bit-identical when continued"
    )


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A separate file system of 2 MB, whose path has special characters."""
    folder = tmp_path / f"a disk of ours é 盘 {'long ' * 40}".strip()
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a file system can be mounted by root alone ({mounted.stderr.strip()})")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def remount(folder: Path, option: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{option}", folder], check=True)


REAL = ("dataset=digits", "model.hidden_units=[1300]", "training.epochs=2")  # a checkpoint takes 1.2 MB


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """Return the only message of a program stopped by a machine fault."""
    assert done.returncode == EXIT_ENVIRONMENT, f"{done.stdout}{done.stderr}"
    assert "Traceback" not in f"{done.stderr}{done.stdout}"
    (line,) = [line for line in done.stderr.splitlines() if line]
    return line


@pytest.mark.usefixtures("long_form")  # the suite tests this with a sweep
def test_a_full_disk_is_one_message_and_with_more_room_the_run_goes_on(cli, small_disk, measured, tmp_path):
    run = small_disk / "run"
    assert cli(*REAL, "hydra.run.dir=run", cwd=tmp_path).returncode == 0
    said = refused(cli(*REAL, f"hydra.run.dir='{run}'", cwd=tmp_path))
    assert "no space left on the disk; make room" in said
    assert str(small_disk) in said
    assert_whole(small_disk)
    assert not leftovers(small_disk)
    remount(small_disk, "size=32m")
    done = cli("resume", str(run), cwd=tmp_path, timeout=600)
    assert done.returncode == 0, done.stderr
    assert results_in(small_disk) == results_in(tmp_path / "run")
    measured("a run on a file system of 2 MB: exit code 3; resumed with 32 MB, bit-identical")


def test_a_sweep_stops_on_a_full_disk_and_goes_on_with_more_room(cli, small_disk, measured, tmp_path):
    sweep = ("seeds=2", *REAL, f"hydra.sweep.dir='{small_disk / 'sweep'}'", "hydra.launcher.workers=1")
    said = refused(cli(*sweep, cwd=tmp_path))
    assert "no space left on the disk; make room" in said
    assert_whole(small_disk)
    statuses = [json.loads(path.read_text())["status"] for path in found(small_disk, "record.json")]
    assert "failed" not in statuses
    assert len(statuses) < 2
    remount(small_disk, "size=64m")
    done = cli(*sweep, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [trained_epochs(path.parent) for path in found(small_disk, "run.log")] == [[1, 2]] * 2
    assert len(results_in(small_disk)) == 2
    measured(
        "a sweep on a file system of 2 MB: exit code 3, no run failed; with 64 MB, the same command trains both runs"
    )


def test_a_read_only_disk_is_one_message(cli, small_disk, tmp_path):
    remount(small_disk, "ro")
    for place in ("hydra.run.dir", "hydra.sweep.dir"):
        many = ["seeds=2"] if "sweep" in place else []
        said = refused(cli(*many, *REAL, f"{place}='{small_disk / 'there'}'", cwd=tmp_path))
        assert "the file system is read-only; choose another directory (hydra.run.dir=" in said


def test_what_is_said_on_a_full_disk_ends_with_the_same_exit_code(spawn, small_disk, tmp_path):
    errors = tmp_path / "errors.txt"
    with (small_disk / "log").open("wb") as log, errors.open("wb") as stream:
        with contextlib.suppress(OSError):
            (small_disk / "filler").write_bytes(bytes(2**22))
        code = spawn("--help", cwd=tmp_path, stdout=log, stderr=stream).wait(120)
    assert "no space left on the disk" in refused(subprocess.CompletedProcess((), code, "", errors.read_text()))


@pytest.mark.parametrize("seeds", [(), ("seeds=2",)], ids=["a run", "a sweep"])
def test_a_directory_that_is_removed_during_training_is_one_message_and_stays_away(seeds, tmp_path, request):
    if not seeds:
        request.getfixturevalue("long_form")
    command = (*seeds, *TINY[:2], "training.epochs=100000", "hydra.run.dir=s/run", "hydra.sweep.dir=s")
    said, errors = tmp_path / "said.txt", tmp_path / "errors.txt"
    with warm.started(command, tmp_path, (said, errors), shares_server=True) as process:
        while not list(tmp_path.glob("s/*/history.csv")):
            assert process.is_alive(), errors.read_text()
            time.sleep(0.05)
        (tmp_path / "s").rename(tmp_path / "elsewhere")  # in one step, unlike the removal of many files
        process.join(300)
        code = process.exitcode
    line = refused(subprocess.CompletedProcess(command, code, said.read_text(), errors.read_text()))
    assert re.search(r"s/[^:]*: the directory is gone; |s: the directory is gone; ", line)
    assert not list(tmp_path.glob("s/*/*.*"))


def test_names_that_are_too_long_are_one_message(cli, tmp_path):
    assert "the name is too long" in refused(cli(*REAL, f"hydra.run.dir={'x' * 300}", cwd=tmp_path))
    deep = (str(tmp_path) + 41 * ("/" + 99 * "y"))[:4080]  # too long only with a file name
    assert "the name is too long" in refused(cli(*REAL, f"hydra.run.dir={deep}", cwd=tmp_path))
