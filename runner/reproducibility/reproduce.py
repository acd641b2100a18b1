"""Reproduction of a run: training from its record, and comparison."""

import math
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from rich.console import Console

from runner.config.identity import run_id
from runner.config.schema import check
from runner.config.trust import refuse_strangers
from runner.core.errors import EXIT_FAILED, Stopped, UserError
from runner.core.paths import located, refuse_no_directory, user_path
from runner.core.read import read_rows
from runner.core.terminal import show_warning
from runner.engine.setup.tensorflow_import import quick_import
from runner.records.record import RunRecord
from runner.records.run_directory import RunDirectory
from runner.reporting.collection.collect import find_runs
from runner.reproducibility.compare import (
    WHOLE,
    Compared,
    Comparison,
    Numbers,
    compare,
    comparison_table,
    environment_differences,
    environment_table,
    numbers_of,
    reported_numbers,
    up_to_where_it_stopped,
    verdict_text,
)
from runner.run.execute import exit_code, run_in_new_directory
from runner.run.objects import refuse_objects
from runner.run.request import Request


def run_of_row(report: Path, number: int) -> tuple[Path, dict[str, str]]:
    """Return the run directory for a row of a report's summary (1: the first), and the row.

    Raises:
        UserError: if there is no such report or row, or the run is not in or below the report's directory.
    """
    summary = report / "summary.csv"
    rows = _summary_rows(report, summary)
    if not 1 <= number <= len(rows):
        held = f"rows 1 to {len(rows)}" if len(rows) > 1 else f"{len(rows) or 'no'} row"
        raise UserError(f"--row {number}: {summary} has {held}")
    wanted = rows[number - 1].get("run_id")
    if not wanted:
        raise UserError(f"{summary}: row {number} has no run_id")
    remedy = f"{summary}: row {number} is run {wanted}, which is not in or below {report}; give its directory instead"
    try:
        found = [one.directory.path for one in find_runs([report]) if one.record.run_id == wanted]
    except UserError as error:
        raise UserError(remedy) from error
    if not found:
        raise UserError(remedy)
    # A run may belong to several sweeps of a report. Its rows and its directories have the same order.
    earlier = sum(row.get("run_id") == wanted for row in rows[: number - 1])
    return found[min(earlier, len(found) - 1)], rows[number - 1]


def _summary_rows(report: Path, summary: Path) -> list[dict[str, str]]:
    refuse_no_directory(report)
    try:
        return read_rows(summary)
    except FileNotFoundError as error:
        command = shlex.join(["runner", "report", str(report)])
        raise UserError(f"{report}: contains no summary.csv ({command} writes it)") from error
    except ValueError as error:
        raise UserError(f"{summary}: cannot be read ({error})") from error


@dataclass(frozen=True)
class Original:
    """A recorded run to reproduce."""

    path: Path
    record: RunRecord
    config: dict[str, Any]
    numbers: Numbers

    @classmethod
    def read(cls, path: Path, trusted: Sequence[str] = ()) -> Self:
        """Read a run's directory.

        Args:
            trusted: packages whose classes the configuration may name.

        Raises:
            UserError: if there is no run, or one of its files is missing or cannot be read.
        """
        directory = RunDirectory(path)
        refuse_no_directory(path)
        if not directory.record_path.exists():
            raise UserError(f"{path}: contains no run (no record.json); use --row N for a run of a sweep or a report")
        record = directory.read_record()
        refuse_objects(record, path, "reproduced")
        config = directory.read_config()
        refuse_strangers(config, trusted)
        check(config)
        return cls(path, record, config, numbers_of(directory, record))

    def new_directory(self) -> Path:
        """Return the default directory of the new run, which does not exist yet."""
        return Path("outputs/reproduced") / f"{run_id(self.config)}-{datetime.now(UTC):%Y-%m-%d_%H-%M-%S-%f}"

    def config_here(self) -> dict[str, Any]:
        """Return the configuration for this machine: the original one, with the original device and local data.

        The number of threads changes the order of sums, so the recorded number is used. A run on a GPU keeps its
        configured device, so that a machine without a GPU shows the difference.
        """
        used = self.record.device
        threads = used.get("intra_op_threads")
        fixed = {"threads": threads} if threads and threads == used.get("inter_op_threads") else {}
        if used.get("kind") == "cpu":
            fixed["kind"] = "cpu"
        dataset = self.config["dataset"]
        root = located(self.config, self.record.working_directory)["dataset"].get("root")
        if root and not user_path(root).exists():  # the run is from another machine
            dataset = dataset | {"root": os.environ.get("RUNNER_DATA_DIR")}
        return self.config | {"device": self.config["device"] | fixed, "dataset": dataset}

    def warnings(self) -> list[str]:
        """Return warnings if the record does not describe the whole run."""
        said = []
        if self.record.status not in WHOLE:
            said.append(
                f"this run never completed (status {self.record.status}). It will now be trained to the end, and its "
                "recorded epochs are compared."
            )
        if (own := run_id(self.config)) != self.record.run_id:
            said.append(f"config.yaml is not the trained configuration (run id {own}; recorded {self.record.run_id}).")
        if self.record.code.get("dirty"):
            said.append("the recorded code had uncommitted changes, which its commit does not contain.")
        return said


def reproduce(
    original: Original, out: Path, console: Console, *, tolerance: float, row: Mapping[str, str] | None = None
) -> None:
    """Train a run again, and print the differences in environment and the comparison of metrics.

    Args:
        row: the run's row in a report's summary, which is also compared.

    Raises:
        UserError: if the run cannot be trained, or `out` is already used.
        Stopped: if the run fails or is interrupted, or a metric differs beyond the tolerance.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out}: already used; choose another directory (--out DIR)")
    for warning in original.warnings():
        show_warning(console, warning)
    record = _train(original, out, console)
    _show_environment(original.record, record, console)
    if code := exit_code(record):
        raise Stopped(code)
    comparison = compare_with(original, out, record, tolerance, row)
    console.print(comparison_table(comparison))
    console.print(verdict_text(comparison, tolerance))
    if comparison.verdict == "different":
        raise Stopped(EXIT_FAILED)


def compare_with(
    original: Original, out: Path, record: RunRecord, tolerance: float, row: Mapping[str, str] | None = None
) -> Comparison:
    """Compare a run with its reproduction.

    Args:
        out: the directory of the reproduction.
        record: record of the reproduction.
        row: the run's row in a report's summary, which is also compared.

    Raises:
        UserError: if the row has a metric that is not a number, or a file of the reproduction cannot be read.
    """
    recorded = original.numbers | (reported_numbers(row) if row else {})
    again = numbers_of(RunDirectory(out), record) | (reported_numbers(record.summary()) if row else {})
    if original.record.status not in WHOLE:
        recorded, again = up_to_where_it_stopped(recorded, again)
    return _with_status(compare(recorded, again, tolerance), original.record, record)


def _train(original: Original, out: Path, console: Console) -> RunRecord:
    # As in a sweep, embedded data do not replace missing data, and no figures are drawn.
    request = Request.of_record(original.record, out, in_sweep=True)
    if not original.record.stack:
        return run_in_new_directory(original.config_here(), request, console)
    with quick_import():
        from runner.run.stacked import run_in_its_stack
    request = replace(request, stack=original.record.stack)
    return run_in_new_directory(original.config_here(), request, console, train=run_in_its_stack)


def _show_environment(before: RunRecord, after: RunRecord, console: Console) -> None:
    if differences := environment_differences(before, after):
        console.print(environment_table(differences))
    else:
        console.print("environment: no differences (versions, device and threads, code, data)")
    known, now = before.dataset.get("fingerprint"), after.dataset["fingerprint"]
    if known and known != now:
        text = f"the data differ from the record: {after.dataset['name']} has fingerprint {now[:12]}, not {known[:12]}."
        show_warning(console, f"{text} This alone may cause the differences below.")


def _with_status(comparison: Comparison, before: RunRecord, after: RunRecord) -> Comparison:
    """Add the status if the reproduced run ends with a different one."""
    if before.status not in WHOLE or before.status == after.status:
        return comparison
    status = Compared("run status", before.status, after.status, math.nan, "different")
    return Comparison([status, *comparison.compared], comparison.unrecorded)
