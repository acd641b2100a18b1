"""A run on its way, and how it ends."""

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
    """Return the record of a run that begins, with the seconds of its earlier attempt where it goes on from that.

    Raises:
        UserError: if the data are not those that the earlier attempt was trained on.
        EnvironmentFault: if the directory cannot be looked into.
    """
    with writing(directory.path):  # its name may be too long
        begun = directory.checkpoint_path.exists()
    if not begun:
        return record
    try:
        earlier = directory.read_record()
    except UserError:  # a disk that was full, say: the checkpoint is whole
        return record
    if not earlier.dataset["fingerprint"]:  # it ended before it saw any
        return record
    before, here = _data(earlier), _data(record)
    if before != here:
        raise UserError(
            f"{directory.path}: this run began with other data ({before}) than there are now ({here}); "
            "bring those back, or remove the directory"
        )
    return replace(record, seconds=earlier.seconds)


def _data(record: RunRecord) -> str:
    name, fingerprint, split = (str(record.dataset.get(key))[:12] for key in ("name", "fingerprint", "split"))
    return f"{name} {fingerprint}, split {split}"


@dataclass
class Attempt:
    """A run on its way; what is raised inside `guard` costs the run, not the program."""

    record: RunRecord
    status: Status = "completed"
    error: str | None = None
    fault: EnvironmentFault | None = None  # the machine's, not the run's: it is interrupted

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
        except Exception:  # any: the record must say that the run failed, and why
            LOG.exception("the run was interrupted before" if self.status == "interrupted" else "the run failed")
            if self.status != "interrupted":  # which may leave TensorFlow in the middle of something
                self.status = "failed"
                self.error = self.error or traceback.format_exc()  # the first: others may follow from it

    def finished(self, seconds: float) -> RunRecord:
        """Return the record as it is at the end.

        Args:
            seconds: that this process took.
        """
        spent = self.record.seconds
        # A process that was killed left no total, but its epochs.
        total = max(spent.get("total", 0.0) + seconds, spent.get("train", 0.0))
        return replace(
            self.record, status=self.status, error=self.error, finished=now(), seconds=spent | {"total": total}
        )
