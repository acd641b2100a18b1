"""Reproduction of a run from Python: training again, and comparison."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from runner.core.errors import UserError
from runner.interface.command import run_command
from runner.interface.overrides import Location, given_path, trust
from runner.interface.run import Run
from runner.records.run_directory import RunDirectory
from runner.reproducibility.compare import TOLERANCE, environment_differences
from runner.reproducibility.reproduce import Original, compare_with


@dataclass(frozen=True)
class Reproduction:
    """A run that was trained again, compared with the original one.

    Attributes:
        run: the new run.
        verdict: bit-identical, within tolerance or different; the worst of all metrics.
        metrics: one row for each metric: metric, recorded, again, gap, verdict.
        environment: one row for each difference in versions, device, code and data: name, recorded, now.
    """

    run: Run
    verdict: str
    metrics: pd.DataFrame = field(repr=False)
    environment: pd.DataFrame = field(repr=False)


def reproduce(
    path: Path,
    *,
    directory: Location | None = None,
    tolerance: float | None = None,
    trusted_packages: Sequence[str] = (),
    quiet: bool = False,
) -> Reproduction:
    """Train a run again in a new directory, and compare the two.

    Args:
        path: directory of the run.
        directory: the new run's directory; default: below outputs/reproduced.
        tolerance: allowed absolute difference of a metric; default: the same as for `runner reproduce`.
        trusted_packages: your packages whose classes the run uses.

    Raises:
        UserError: if there is no such run, it cannot be trained, or the directory is already used.
        KeyboardInterrupt: if the training was interrupted.
    """
    original = Original.read(path, trusted_packages)
    out = original.new_directory() if directory is None else given_path(directory)
    allowed = TOLERANCE if tolerance is None else tolerance
    arguments = [str(path), f"--out={out}", f"--tolerance={allowed}", *trust(trusted_packages)]
    run_command(["reproduce", *arguments], quiet=quiet)
    record = RunDirectory(out).read_record()
    if record.status == "failed":
        raise UserError(f"{out}: the run failed when it was trained again: {record.error_line}")
    comparison = compare_with(original, out, record, allowed)
    differences = environment_differences(original.record, record)
    return Reproduction(
        run=Run(out),
        verdict=comparison.verdict,
        metrics=pd.DataFrame(comparison.compared),
        environment=pd.DataFrame(differences, columns=["name", "recorded", "now"]),
    )
