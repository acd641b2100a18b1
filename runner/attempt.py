"""A run on its way, and how it ends."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from runner.config.environment import EnvironmentFault, machine_faults
from runner.records.record import RunRecord, Status, now

LOG = logging.getLogger(__name__)


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
        """Return the record as it is at the end."""
        return replace(
            self.record,
            status=self.status,
            error=self.error,
            finished=now(),
            seconds=self.record.seconds | {"total": seconds},
        )
