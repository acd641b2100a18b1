"""Outcome of a run: its status, its error and its total time, over all attempts."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from runner.core.errors import EnvironmentFault, UserError, machine_faults, writing
from runner.records.record import RunRecord, Status, now
from runner.records.run_directory import RunDirectory

LOG = logging.getLogger(__name__)


def going_on(record: RunRecord, directory: RunDirectory) -> RunRecord:
    """Return the record of a starting run, with the seconds of the earlier attempt if it continues one.

    Raises:
        UserError: if the earlier attempt was trained on different data.
        EnvironmentFault: if the directory cannot be read.
    """
    with writing(directory.path):  # the path may be too long
        begun = directory.checkpoint_path.exists()
    if not begun:
        return record
    try:
        earlier = directory.read_record()
    except UserError:  # perhaps because of a full disk; the checkpoint is complete
        return record
    if not earlier.dataset["fingerprint"]:  # the earlier attempt ended before it loaded data
        return record
    before, here = _data(earlier), _data(record)
    if before != here:
        raise UserError(
            f"{directory.path}: this run started with data {before}, but now finds {here}; "
            "restore the original data, or remove the directory"
        )
    return replace(record, seconds=earlier.seconds, stack=earlier.stack)


def _data(record: RunRecord) -> str:
    name, fingerprint, split = (str(record.dataset.get(key))[:12] for key in ("name", "fingerprint", "split"))
    return f"{name} {fingerprint}, split {split}"


@dataclass
class Attempt:
    """A run in progress; an exception inside `guard` ends the run, not the program."""

    record: RunRecord
    status: Status = "completed"
    error: str | None = None
    fault: EnvironmentFault | None = None  # machine fault; the run then counts as interrupted

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Turn an interruption or an error into a status."""
        try:
            with machine_faults():
                yield
        except KeyboardInterrupt:
            self.status = "interrupted"
        except EnvironmentFault as fault:
            self.status, self.fault = "interrupted", self.fault or fault
            self.error = self.error or str(fault)
        except Exception:  # any error: the record must state that the run failed, and why
            LOG.exception("an error followed the interruption" if self.status == "interrupted" else "the run failed")
            if self.status != "interrupted":  # an interruption may leave TensorFlow in an inconsistent state
                self.status = "failed"
                self.error = self.error or traceback.format_exc()  # the first error may have caused the others

    def finished(self, seconds: float) -> RunRecord:
        """Return the final record.

        Args:
            seconds: time that this process has taken.
        """
        spent = self.record.seconds
        # A killed process left no total, only the seconds of its epochs.
        total = max(spent.get("total", 0.0) + seconds, spent.get("train", 0.0))
        return replace(
            self.record, status=self.status, error=self.error, finished=now(), seconds=spent | {"total": total}
        )
