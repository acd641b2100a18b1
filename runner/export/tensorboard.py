"""Export to TensorBoard: the event files that `tracking=tensorboard` writes, and each sweep's findings as text."""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import ModuleType

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.plugins.text.summary_v2 import text_pb

from runner.core.omissions import LeftOut
from runner.engine.tensorboard import TensorBoard, new_event_file
from runner.export.finished import FinishedRun, FinishedSweep, finished_sweeps


def export_tensorboard(paths: Sequence[Path], left_out: LeftOut) -> int:
    """Write event files into the directories of finished runs and sweeps, replacing earlier ones; return the runs.

    Args:
        left_out: collects runs and files that cannot be exported.

    Raises:
        UserError: if the paths contain no run.
        EnvironmentFault: if a file cannot be written.
    """
    sys.modules.setdefault("tensorboard.compat.notf", ModuleType("notf"))  # TensorBoard then needs no TensorFlow
    written: set[Path] = set()
    for sweep in finished_sweeps(paths, left_out):
        for run in sweep.runs:
            if run.place == 0:
                _write_run(run)
                written.add(run.path.resolve())
        if sweep.path and sweep.findings:
            _write_findings(sweep, sweep.path)
    return len(written)


def _write_run(run: FinishedRun) -> None:
    board = TensorBoard(run.path)
    board.clock = partial(float, run.began)
    board.begin(run.run.record)
    for seconds, row in run.epochs():
        board.clock = partial(float, seconds)
        board.epoch(row, run.tables)
    board.clock = partial(float, run.ended)
    board.end(run.run.record)


def _write_findings(sweep: FinishedSweep, path: Path) -> None:
    writer = new_event_file(path / "tensorboard")
    text = text_pb("findings", "\n\n".join(sweep.findings))
    writer.add_event(Event(wall_time=max(run.ended for run in sweep.runs), summary=text))
    writer.close()
