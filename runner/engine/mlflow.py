"""MLflow tracker: parameters, tags and metrics of a run as it trains."""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from runner.engine.mlflow_store import USUAL_EXPERIMENT, Measured, MlflowRun, MlflowStore, refuse_no_mlflow
from runner.engine.tracking import Table, Tracker, scalars_of_epoch, scalars_of_test
from runner.records.description import digest, parameters, tags
from runner.records.record import Row, RunRecord, Status
from runner.records.run_directory import RunDirectory

_STATUS: dict[Status, str] = {
    "completed": "FINISHED",
    "diverged": "FAILED",
    "failed": "FAILED",
}


class MLflow(Tracker):
    """Tracker that writes a run into MLflow while it trains; `runner export mlflow` later adds to the same run.

    The store is MLFLOW_TRACKING_URI, or a database in the current directory: a configuration file cannot set a server.
    """

    def __init__(self, directory: Path, experiment: str = USUAL_EXPERIMENT) -> None:
        refuse_no_mlflow("tracking=mlflow")
        self._directory = directory
        self._experiment = experiment
        self._run: MlflowRun | None = None
        self._epoch = 0

    def begin(self, record: RunRecord) -> None:
        """Create the run, or find it if it is resumed."""
        config = RunDirectory(self._directory).read_config()
        self._run = begun(MlflowStore(experiment=self._experiment), record, config, self._directory)
        self._run.resume()

    def epoch(self, row: Row, diagnostics: Sequence[Table]) -> None:
        """Write the epoch's metrics."""
        assert self._run
        self._epoch = int(row["epoch"])
        self._run.log_metrics(measured(scalars_of_epoch(row, diagnostics), self._epoch, time.time()))

    def end(self, record: RunRecord) -> None:
        """Write the test metrics and the final status."""
        if self._run:
            end(self._run, record, self._epoch, time.time())


def begun(
    store: MlflowStore, record: RunRecord, config: Mapping[str, Any], directory: Path, key: str = ""
) -> MlflowRun:
    """Return the stored run for a run directory, with its parameters and tags.

    Args:
        config: resolved, as plain dictionaries and lists.
        key: distinguishes a run that is stored several times, in addition to run id and directory.
    """
    described = tags(record, directory)
    name = f"{record.variant} seed {record.seed}"
    run = store.run(digest(record.run_id, described["directory"], key), name, described, milliseconds(record.started))
    run.log_parameters(parameters(record, config))
    return run


def end(run: MlflowRun, record: RunRecord, epoch: int, seconds: float) -> None:
    """Write the test metrics and the final status of a run.

    Args:
        epoch: the last one.
        seconds: time of the end, in seconds since 1970.
    """
    run.log_metrics(measured(scalars_of_test(record), epoch, seconds))
    run.set_tags({"status": record.status} | ({"error": record.error_line} if record.error_line else {}))
    run.end(_STATUS.get(record.status, "KILLED"), int(seconds * 1000))


def measured(values: Mapping[str, float], epoch: int, seconds: float) -> Iterable[Measured]:
    """Return metrics at an epoch and a time, in seconds since 1970."""
    return (Measured(name, value, epoch, int(seconds * 1000)) for name, value in values.items())


def milliseconds(time_text: str) -> int:
    """Return a record's time in milliseconds since 1970."""
    return int(datetime.fromisoformat(time_text).timestamp() * 1000)
