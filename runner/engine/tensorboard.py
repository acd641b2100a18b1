"""TensorBoard's event files, written by its own package: an operation of TensorFlow a scalar would cost far more."""

import math
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import metadata
from tensorboard.plugins.hparams.api_pb2 import Status as SessionStatus
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo
from tensorboard.plugins.hparams.summary_v2 import hparams_pb
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from runner.engine.diagnostics import Diagnostic
from runner.engine.tracking import Tracker
from runner.records.record import Row, RunRecord, Status

# TensorBoard has no word for a run that was stopped, and none for a session without an end.
_SESSION_STATUS: dict[Status, str] = {
    "completed": "STATUS_SUCCESS",
    "diverged": "STATUS_FAILURE",
    "failed": "STATUS_FAILURE",
}
# What stands where other runs have a number: a batch of the whole set, a length in epochs, what is no finite number.
_FOR_A_NUMBER = re.compile(r"full|auto|[\d.]+ ?epochs?|[+-]?(?:nan|inf|infinity)", re.IGNORECASE)


class TensorBoard(Tracker):
    """Writes scalars and a session of the HParams view into `tensorboard/`, below a run's directory.

    Scalars: the history's columns; the columns of diagnostics that have a row an epoch, as gradients/LAYER.gradient; at
    the end the test's, as test_accuracy.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory / "tensorboard"
        self._writer: EventFileWriter | None = None
        self._epoch = 0

    def begin(self, record: RunRecord) -> None:
        """Start a file with the run's hyperparameters."""
        for earlier in self._directory.glob("events.out.tfevents.*"):
            earlier.unlink()  # every epoch comes again where a run goes on
        self._writer = EventFileWriter(str(self._directory))
        # A session group a run: runs that differ in a default alone have the same hyperparameters, and are not one.
        self._write(hparams_pb(hyperparameters(record), trial_id=f"{record.run_id} {record.variant}"))

    def epoch(self, row: Row, diagnostics: Sequence[Diagnostic]) -> None:
        """Write the epoch's scalars, where TensorBoard sees them at once."""
        self._epoch = int(row["epoch"])
        values = dict(row)
        for diagnostic in diagnostics:
            values |= _of_epoch(diagnostic, self._epoch)
        del values["epoch"]
        self._write(_scalars(values))

    def end(self, record: RunRecord) -> None:
        """Write the test's scalars and the session's end."""
        if self._writer is None:
            return
        try:
            scores = {name: score for name, score in record.scores.items() if isinstance(score, float)}
            test = {name: value for name, value in record.test.items() if value is not None}
            self._write(_scalars({f"test_{name}": value for name, value in (scores | test).items()}))
            self._write(_session_end(record.status))
        finally:
            self._writer.close()

    def _write(self, summary: Summary) -> None:
        assert self._writer
        self._writer.add_event(Event(wall_time=time.time(), step=self._epoch, summary=summary))
        self._writer.flush()  # it also raises what went wrong in the writer's thread


def hyperparameters(record: RunRecord) -> dict[str, float | str]:
    """Return the run's variant, seed and overrides: numbers where they are numbers, else as they were written.

    TensorBoard cannot show a column that holds numbers in one run and text in another, so the names of options are text
    always, null is left out, and a word in the place of a number (full, 5epochs, nan) has a column of its own.
    """
    values: dict[str, float | str] = {"variant": record.variant, "seed": record.seed}
    for override in record.asked:
        given, _, value = override.partition("=")
        key = given.lstrip("+~")
        if given.startswith("~"):
            values[f"{key} (word)"] = "removed"
        elif "." not in key:
            values[key] = value
        elif (number := _number(value)) is not None:
            values[key] = number
        elif value != "null":
            values[f"{key} (word)" if _FOR_A_NUMBER.fullmatch(value) else key] = value
    return values


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _of_epoch(diagnostic: Diagnostic, epoch: int) -> dict[str, float]:
    """Return an epoch's row of a diagnostic's table under names of its own; nothing of a table without epochs."""
    rows = [row for row in diagnostic.rows if row.get("epoch") == epoch]
    group = Path(diagnostic.file).stem
    return {f"{group}/{name}": value for row in rows for name, value in row.items() if name != "epoch"}


def _session_end(status: Status) -> Summary:
    """Return what plugins.hparams.summary.session_end_pb does, whose messages are TensorFlow's and do not fit here."""
    end = SessionEndInfo(
        status=SessionStatus.Value(_SESSION_STATUS.get(status, "STATUS_UNKNOWN")), end_time_secs=time.time()
    )
    described = metadata.create_summary_metadata(HParamsPluginData(session_end_info=end))
    value = Summary.Value(tag=metadata.SESSION_END_INFO_TAG, metadata=described, tensor=metadata.NULL_TENSOR)
    return Summary(value=[value])


def _scalars(values: Mapping[str, float]) -> Summary:
    return Summary(value=[scalar_pb(name, value).value[0] for name, value in values.items()])
