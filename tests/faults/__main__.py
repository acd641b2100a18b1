"""Seed faults one at a time and report which of them the suite catches.

    make faults                                    in a fresh clone of HEAD
    make faults ARGS="one-sided-p clipping-ignored"
    make faults ARGS="--checkout DIR"              in DIR: a clean checkout that `make setup` has set up

The suite runs once under coverage, which shows the tests that reach each line. For each fault, the tests that reach its
line run first, the fastest ones before the others, and then the rest of the suite, because coverage cannot tell for
which test another process ran a line. The first failure ends the search. A fault that exceeds its time limit counts as
undecided.
"""

import argparse
import json
import re
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.faults.fault import Fault, read_faults
from tests.imports import REPOSITORY

COVERAGE = """[run]
branch = true
concurrency = multiprocessing, thread
patch = subprocess, _exit, fork
sigterm = true
source = {checkout}/runner
data_file = {kept}/coverage
"""


def main() -> int:
    """Read the command line, plant the faults, and print a line for each.

    Returns:
        0 if every fault was caught, else 1.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="faults to plant (default: all)")
    parser.add_argument("--checkout", type=Path, help="where to plant them (default: a clone, set up for this)")
    parser.add_argument("--seconds", type=float, default=900, help="for one fault (default: 900)")
    parser.add_argument("--near", action="store_true", help="only the tests that reach the line in their own process")
    chosen = parser.parse_args()
    faults = [fault for fault in read_faults() if not chosen.names or fault.name in chosen.names]
    if unknown := set(chosen.names) - {fault.name for fault in faults}:
        parser.error(f"no such fault: {', '.join(sorted(unknown))}")
    with TemporaryDirectory() as place:
        checkout = (chosen.checkout or _clone(Path(place, "runner"))).resolve()
        if _git(checkout, "status", "--porcelain", "--untracked-files=no"):
            parser.error(f"{checkout} holds changes that are not committed, and would lose them: commit or stash them")
        reach = reached(checkout)
        missed = 0
        for fault in faults:
            verdict = outcome(fault, checkout, reach, chosen.seconds, only_near=chosen.near)
            missed += not verdict.startswith("caught")
            print(f"{fault.name}: {verdict}", flush=True)
    print(f"{len(faults) - missed} of {len(faults)} faults caught")
    return int(missed > 0)


def _clone(place: Path) -> Path:
    subprocess.run(["git", "clone", "--quiet", REPOSITORY, place], check=True)
    subprocess.run(["make", "--silent", "setup"], cwd=place, check=True)
    return place


def reached(checkout: Path) -> dict[str, Any]:
    """Return the tests that reach each line of each file, and the seconds of each test.

    They are stored below the checkout's .pytest_cache, with their commit.
    """
    kept = checkout / ".pytest_cache" / f"faults-{_git(checkout, 'rev-parse', 'HEAD')}"
    if not (kept / "reached.json").exists():
        kept.mkdir(parents=True, exist_ok=True)
        (kept / "reached.json").write_text(json.dumps(_measured(checkout, kept)))
    return json.loads((kept / "reached.json").read_text())


def _measured(checkout: Path, kept: Path) -> dict[str, Any]:
    from coverage import CoverageData

    settings, log = kept / "coveragerc", kept / "log"
    settings.write_text(COVERAGE.format(checkout=checkout, kept=kept))
    options = ["--cov", f"--cov-config={settings}", "--cov-context=test", "--cov-report=term", "--durations=0"]
    with log.open("w") as output:
        command = [*_pytest(checkout), "--numprocesses=2", "--dist=worksteal", "--durations-min=0", "-vv", *options]
        subprocess.run(command, cwd=checkout, stdout=output, stderr=output, check=False)
    seconds: dict[str, float] = defaultdict(float)
    for taken, test in re.findall(r"^([\d.]+)s (?:setup|call|teardown) +(.*)$", log.read_text(), re.MULTILINE):
        seconds[test] += float(taken)
    data = CoverageData(str(kept / "coverage"))
    data.read()
    tests = {
        str(Path(file).relative_to(checkout)): {
            str(line): sorted({context.partition("|")[0] for context in contexts if context})
            for line, contexts in data.contexts_by_lineno(file).items()
        }
        for file in data.measured_files()
    }
    return {"tests": tests, "seconds": seconds}


def outcome(fault: Fault, checkout: Path, reach: dict[str, Any], seconds: float, *, only_near: bool) -> str:
    """Plant a fault, run tests until one fails, and restore the line.

    Returns:
        A text that begins with "caught", "NOT CAUGHT" or "undecided".
    """
    lines = reach["tests"].get(fault.file, {})
    near = set(lines.get(str(fault.number(checkout)), []))
    near = near or {test for tests in lines.values() for test in tests}  # an import runs this line, not a test
    ordered = sorted(map(_named, near), key=lambda test: reach["seconds"].get(test, 0.0))
    stages = [["--numprocesses=2", "--dist=worksteal"]] if not only_near else []
    begun = time.monotonic()
    fault.plant(checkout)
    try:
        for chosen in filter(None, [ordered, *stages]):
            left = seconds - (time.monotonic() - begun)
            with TemporaryDirectory() as place:
                arguments = Path(place, "arguments")  # a file, because the length of a command line is limited
                arguments.write_text("\n".join(chosen))
                command = [*_pytest(checkout), "-x", "-q", "-rfE", f"@{arguments}"]
                done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=max(left, 1.0))
            if found := re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE):
                return f"caught in {time.monotonic() - begun:.0f} s by {found[1]}"
            if done.returncode:
                return f"undecided, no test ran: {done.stdout[-500:]}{done.stderr[-500:]}"
        return f"NOT CAUGHT ({len(ordered)} tests reach it)"
    except subprocess.TimeoutExpired:
        return f"undecided after {seconds:.0f} s ({len(ordered)} tests reach it)"
    finally:
        _git(checkout, "checkout", "--quiet", "--", fault.file)


def _git(checkout: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=checkout, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _named(test: str) -> str:
    """Return a test's name for pytest, without parameters that cannot be written on a line of a file."""
    return test if test.isascii() and test.isprintable() and "\\" not in test else test.partition("[")[0]


def _pytest(checkout: Path) -> list[str]:
    return [str(checkout / ".venv/bin/python"), "-m", "pytest"]


if __name__ == "__main__":
    sys.exit(main())
