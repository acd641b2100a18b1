"""Hydra's hook at the end of a multirun: the sweep's report, and its exit code."""

import sys
from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig


class ReportSweep(Callback):
    """Reports on the sweep directory once all jobs are done."""

    def on_multirun_end(self, config: DictConfig, **_: Any) -> None:
        """Write the report; end the process with 1 if a run failed.

        Hydra turns exceptions of its callbacks into warnings, but lets SystemExit pass.
        """
        from rich.console import Console

        from runner.config.errors import UserError
        from runner.reporting.collect import find_runs
        from runner.reporting.report import report

        directory = Path(config.hydra.sweep.dir)
        try:
            written = report([directory], directory)
        except (UserError, OSError) as error:
            print(f"runner: no report on the sweep: {error}", file=sys.stderr)
            sys.exit(1)
        Console(markup=False, soft_wrap=True).print("report  " + "\n        ".join(map(str, written)), highlight=False)
        failed = [run for run in find_runs([directory]) if run.record.status == "failed"]
        for run in failed:
            print(f"failed: {run.record.variant}, seed {run.record.seed}: {run.directory.path}", file=sys.stderr)
        if failed:
            sys.exit(1)
