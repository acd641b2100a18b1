"""README of a bundle: contents, origin, external requirements, and instructions for checking it."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from runner.config.trust import TRUST
from runner.core.text import counted
from runner.records.provenance import versions
from runner.records.record import RunRecord
from runner.reproducibility.bundled import Bundled
from runner.reproducibility.environment import Code
from runner.reproducibility.unpack import RESULTS, SUMS

_FILE = "FILE.zip"


@dataclass(frozen=True)
class Contents:
    """Parts of a bundle that its README lists."""

    predictions: bool
    models: bool
    trusted: Sequence[str]
    locks: Sequence[str]  # names of lock files
    sources: Sequence[str]  # names of the files of trusted packages
    rows: int  # number of rows in the report's summary; 0 without a report
    is_report_new: bool  # whether it was written for the bundle


def state_text(bundled: Bundled) -> str:
    """Return a sentence that gives the states of a bundle's runs, and says whether any remain to be trained."""
    total = len(bundled.standings) + bundled.to_come
    states = bundled.states
    states["waiting"] += bundled.to_come
    counts = ", ".join(f"{number} {state}" for state, number in states.items() if number)
    if bundled.is_whole:
        return f"{counted(total, 'run')}: {counts}."
    return f"This {bundled.kind} is not finished. {counted(total, 'run')}: {counts}."


def needs(bundled: Bundled, contents: Contents) -> list[str]:
    """Return the external requirements for training a bundle's runs again, one sentence each."""
    said = [f"{given}: {_meaning(given)}" for given in bundled.given_paths]
    objects = sorted({f"{kind}: {names}" for record in bundled.records for kind, names in record.objects.items()})
    said += [
        f"{named}: Python objects that no record describes, so their runs cannot be trained again" for named in objects
    ]
    said += [
        f"{TRUST}=[{package}]: a user's package, whose code is not in the bundle"
        for package in bundled.packages
        if not any(name.partition(".")[0] == package for name in contents.trusted)
    ]
    return said


def _meaning(given: str) -> str:
    if given.startswith("model.init_from="):
        return "the run whose weights the training starts from; expected at this path"
    if given.startswith("dataset.root="):
        return "the data directory; if it is elsewhere, set RUNNER_DATA_DIR"
    return "data; expected at this path"


def other_versions(records: Sequence[RunRecord]) -> list[str]:
    """Return the packages whose versions here differ from the recorded ones, as NAME RECORDED, here VERSION."""
    here = versions()
    recorded = sorted({(name, version) for record in records for name, version in record.versions.items()})
    return [
        f"{name} {version}, here {here.get(name, 'none')}" for name, version in recorded if here.get(name) != version
    ]


def code_text(code: Code) -> str:
    """Return a sentence about the code that trained the runs, and whether the bundle contains its changes."""
    if not code.commits:
        return "The records contain no commit: the runs were trained by an installed package."
    trained = f"The runs were trained with commit {' and '.join(code.commits)}"
    if not code.was_dirty:
        return f"{trained}, without changes to tracked files."
    if code.changes:
        return f"{trained} and uncommitted changes; code/ contains them as they were when the bundle was made."
    return (
        f"{trained} and uncommitted changes, which the bundle lacks: they were outside runner/ and conf/, or are no "
        "longer in the checkout."
    )


def readme(bundled: Bundled, contents: Contents, code: Code) -> str:
    """Return the text of README.md, which depends only on the contents of the bundle."""
    return "\n".join(_lines(bundled, contents, code)) + "\n"


def _lines(bundled: Bundled, contents: Contents, code: Code) -> Iterator[str]:
    yield from ("# Results of training with `runner`", "")
    if bundled.question:
        yield from (f"Question: {bundled.question}", "")
    yield from (state_text(bundled), "", "## Contents", "")
    yield from (f"- {line}" for line in _parts(bundled, contents, code))
    yield from ("", "## Origin", "")
    if bundled.command:
        yield from ("The results:", "", f"    {bundled.command}", "")
    yield from (f"This file, with runner {versions()['runner']}:", "", f"    {_bundle_command(contents)}", "")
    yield code_text(code)
    if others := other_versions(bundled.records):
        yield f"Versions that the runs recorded, and those where the bundle was made: {'; '.join(others)}."
    yield from ("", "## External requirements", "")
    yield from (f"- {line}" for line in [*_data(bundled.records), *needs(bundled, contents)])
    yield from ("", "## Checking the bundle", "")
    yield from _checks(bundled, contents, code)


def _parts(bundled: Bundled, contents: Contents, code: Code) -> Iterator[str]:
    held = ["records", "histories", "configurations", "logs"]
    held += ["predictions"] if contents.predictions else []
    held += ["models"] if contents.models else []
    held += ["the plan"] if bundled.kind == "sweep" else []
    held += ["the report"] if contents.rows else []
    without = [
        name for name, there in (("predictions", contents.predictions), ("models", contents.models)) if not there
    ]
    lacks = f" (without {' and '.join(without)})" if without else ""
    paths = "They may contain paths from the machine on which the runs were trained."
    yield f"`{RESULTS}/`: {', '.join(held[:-1])} and {held[-1]}{lacks}. {paths}"
    if contents.is_report_new:
        yield "The report was written for this bundle, because the directory contained none."
    locks = f"the checkout's lock files ({', '.join(contents.locks)}), and " if contents.locks else ""
    yield f"`environment/`: {locks}`installed.txt`, the distributions installed where the bundle was made."
    if code.changes:
        yield "`code/changes.diff`, `code/untracked/`: the changes to the program since its commit."
    if contents.sources:
        yield f"`code/packages/`: the Python files of {', '.join(contents.trusted)}."
    yield f"`{SUMS}`: the checksum of every other file."


def _bundle_command(contents: Contents) -> str:
    flags = ["--models"] if contents.models else []
    flags += [] if contents.predictions else ["--no-predictions"]
    flags += [f"{TRUST}=[{','.join(contents.trusted)}]"] if contents.trusted else []
    return " ".join(["runner bundle DIR -o", _FILE, *map(shlex.quote, flags)])


def _data(records: Sequence[RunRecord]) -> list[str]:
    """Return the data sets of runs, with their fingerprints."""
    found = {(record.dataset["name"], record.dataset["fingerprint"] or "unknown") for record in records}
    return [f"data: {name}, fingerprint {fingerprint}" for name, fingerprint in sorted(found)]


def _checks(bundled: Bundled, contents: Contents, code: Code) -> Iterator[str]:
    yield from ("The unpacked files match the bundled ones if this command prints no error:", "")
    yield from (f"    sha256sum --quiet -c {SUMS}", "")
    yield from ("To train a run again and compare it bit for bit (docs/reproducibility.md):", "")
    row = " --row N" if bundled.kind == "sweep" else ""
    yield f"    runner reproduce {_FILE}{row}"
    if row:
        text = f"N is a row of `{RESULTS}/summary.csv`, from 1 to {contents.rows}."
        yield from ("", text if contents.rows else "The bundle has no report: unpack it, and give a run's directory.")
    yield ""
    if contents.locks:
        yield "In a checkout of the commit, `make setup` installs exactly the packages that the lock files list."
    if code.changes:
        yield (
            "To apply the code changes, run `git apply code/changes.diff`, then copy the contents of `code/untracked/`."
        )
    if contents.sources:
        packages = ",".join(contents.trusted)
        yield (
            f"The runs use the user's classes. Read `code/packages/`, copy it to the current directory and add "
            f"`{TRUST}=[{packages}]`: `runner reproduce` never uses code from a bundle."
        )
    yield f"The report can be written again from the records: `runner report {RESULTS} --out OTHER`."
