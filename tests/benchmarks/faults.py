"""A sweep that is killed at random moments, and started again until it is done (`make faults`).

Its table and predictions must be, byte for byte but for times, those of a sweep that nobody disturbed.
"""

import argparse
import contextlib
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import psutil

_LONGEST_WAIT = 600  # seconds that one start of a sweep may take


@dataclass
class Disturbed:
    """What was done to a sweep."""

    killed: list[str] = field(default_factory=list)  # who each time: parent, or worker
    starts: int = 0


def disturb(command: list[str], cwd: Path, kills: int, moments: random.Random, longest: float) -> Disturbed:
    """Run a sweep's command until it exits with 0, killing it or one of its workers some times on the way.

    Args:
        longest: seconds after a start before which a kill comes.
    """
    done = Disturbed()
    while True:
        done.starts += 1
        with subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            while len(done.killed) < kills:
                try:
                    process.wait(moments.uniform(0.5, longest))
                    break
                except subprocess.TimeoutExpired:
                    done.killed.append(_kill(process.pid, moments))
                if done.killed[-1] == "parent":
                    break
            code = process.wait(_LONGEST_WAIT)
        if code == 0:
            return done
        if done.starts > kills + 1:
            raise AssertionError(f"the sweep ends with exit code {code} although nobody disturbs it any more")


def _kill(parent: int, moments: random.Random) -> str:
    """Kill (SIGKILL) the sweep's process or one of its workers, whichever the dice say; return which it was."""
    workers = [
        worker
        for server in psutil.Process(parent).children()
        if "forkserver" in " ".join(server.cmdline())
        for worker in server.children()
    ]
    victim = moments.choice([None, *workers])
    with contextlib.suppress(psutil.NoSuchProcess):
        (victim or psutil.Process(parent)).kill()
    return "worker" if victim else "parent"


def results(sweep: Path) -> tuple[str, dict[str, bytes]]:
    """Return a sweep's table without its times, and the bytes of each run's predictions."""
    table = pd.read_csv(sweep / "summary.csv")
    table = table.drop(columns=[column for column in table if "seconds" in column])
    return table.to_csv(index=False), {path.parent.name: path.read_bytes() for path in sweep.glob("*/predictions.npz")}


def main() -> int:
    """Disturb a study, compare it with an undisturbed one, and say what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--longest", type=float, default=12.0, help="seconds after a start before which a kill comes")
    parser.add_argument("overrides", nargs="*", default=["study=smoke", "training.epochs=700"])
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        command = [sys.executable, "-m", "runner", *chosen.overrides]
        plain = subprocess.run([*command, "hydra.sweep.dir=plain"], cwd=directory, capture_output=True, text=True)
        if plain.returncode:
            print(plain.stdout, plain.stderr, file=sys.stderr)
            return 1
        started = time.perf_counter()
        disturbed = disturb(
            [*command, "hydra.sweep.dir=disturbed"], directory, chosen.kills, random.Random(chosen.seed), chosen.longest
        )
        same = results(directory / "plain") == results(directory / "disturbed")
        killed = {who: disturbed.killed.count(who) for who in ("parent", "worker")}
        runs = len(results(directory / "plain")[1])
        print(
            f"{runs} runs, {len(disturbed.killed)} kills {killed}, {disturbed.starts} starts,"
            f" {time.perf_counter() - started:.0f} s: {'identical' if same else 'DIFFERENT'}"
        )
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
