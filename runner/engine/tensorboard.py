"""TensorBoard event files, written by the tensorboard package: TensorFlow operations would be far slower."""

import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import metadata
from tensorboard.plugins.hparams.api_pb2 import Status as SessionStatus
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo
from tensorboard.plugins.hparams.summary_v2 import hparams_pb
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from runner.config.overrides import Override
from runner.engine.tracking import Table, Tracker, scalars_of_epoch, scalars_of_test
from runner.records.record import Row, RunRecord, Status

# TensorBoard has no status for an interrupted run or a session without an end.
_SESSION_STATUS: dict[Status, str] = {
    "completed": "STATUS_SUCCESS",
    "diverged": "STATUS_FAILURE",
    "failed": "STATUS_FAILURE",
}
# Texts in place of a number: a full batch, a length in epochs, a number that is not finite.
_FOR_A_NUMBER = re.compile(r"full|auto|[\d.]+ ?epochs?|[+-]?(?:nan|inf|infinity)", re.IGNORECASE)


class TensorBoard(Tracker):
    """Tracker that writes scalars and a session for the HParams view into a run's `tensorboard/`.

    Scalars are the history's columns, the columns of diagnostics with a row for each epoch (gradients/LAYER.gradient),
    and at the end the test metrics (test_accuracy).
    """

    def __init__(self, directory: Path) -> None:
        self.clock: Callable[[], float] = time.time  # seconds since 1970
        self._directory = directory / "tensorboard"
        self._writer: EventFileWriter | None = None
        self._epoch = 0

    def begin(self, record: RunRecord) -> None:
        """Start an event file with the run's hyperparameters."""
        self._writer = new_event_file(self._directory)  # a resumed run reports every epoch again
        # One session group for each run: runs that differ only in a default have the same hyperparameters.
        group = f"{record.run_id} {record.variant}"
        self._write(hparams_pb(hyperparameters(record), trial_id=group, start_time_secs=self.clock()))

    def epoch(self, row: Row, diagnostics: Sequence[Table]) -> None:
        """Write the epoch's scalars, which TensorBoard shows at once."""
        self._epoch = int(row["epoch"])
        self._write(_scalars(scalars_of_epoch(row, diagnostics)))

    def end(self, record: RunRecord) -> None:
        """Write the test metrics and the session's end."""
        if self._writer is None:
            return
        try:
            self._write(_scalars(scalars_of_test(record)))
            self._write(_session_end(record.status, self.clock()))
        finally:
            self._writer.close()

    def _write(self, summary: Summary) -> None:
        assert self._writer
        self._writer.add_event(Event(wall_time=self.clock(), step=self._epoch, summary=summary))
        self._writer.flush()  # also raises errors from the writer's thread


def new_event_file(directory: Path) -> EventFileWriter:
    """Return the writer of a directory's only event file."""
    for earlier in directory.glob("events.out.tfevents.*"):
        earlier.unlink()
    return EventFileWriter(str(directory))


def hyperparameters(record: RunRecord) -> dict[str, float | str]:
    """Return the run's variant, seed and overrides, as numbers where possible.

    TensorBoard cannot show a column with numbers in one run and text in another. Therefore, option names are always
    text, null is omitted, and a word in place of a number (full, 5epochs, nan) has a separate column.
    """
    values: dict[str, float | str] = {"variant": record.variant, "seed": record.seed}
    for prefix, key, value, _ in map(Override.parse, record.asked):
        if prefix == "~":
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


def _session_end(status: Status, seconds: float) -> Summary:
    """Return the message for a session's end, like plugins.hparams.summary.session_end_pb with TensorFlow's types."""
    end = SessionEndInfo(
        status=SessionStatus.Value(_SESSION_STATUS.get(status, "STATUS_UNKNOWN")), end_time_secs=seconds
    )
    described = metadata.create_summary_metadata(HParamsPluginData(session_end_info=end))
    value = Summary.Value(tag=metadata.SESSION_END_INFO_TAG, metadata=described, tensor=metadata.NULL_TENSOR)
    return Summary(value=[value])


def _scalars(values: Mapping[str, float]) -> Summary:
    return Summary(value=[scalar_pb(name, value).value[0] for name, value in values.items()])
