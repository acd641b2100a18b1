"""Store of runs in MLflow: a database, a folder or a server, where an existing run is found and updated."""

import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from runner.core.errors import UserError
from runner.core.lock import waiting_lock

if TYPE_CHECKING:
    from mlflow import MlflowClient

_SQLITE = "sqlite:///"
USUAL_STORE = "sqlite:///mlflow.db"  # MLflow's default, which `mlflow ui` shows
USUAL_EXPERIMENT = "runner"
PARENT = "mlflow.parentRunId"
NOTE = "mlflow.note.content"
_KEY = "runner_key"  # tag that identifies a run
_MOST_METRICS, _MOST_OTHERS = 1000, 100  # entries in one request
_UNUSUAL = re.compile(r"[^\w\-. /:]")  # characters that names in MLflow must not have
# By default, MLflow waits for minutes, sends usage data over the network, rejects folders, and logs each new table.
_SETTINGS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ALLOW_FILE_STORE": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}


class Measured(NamedTuple):
    """A metric at an epoch."""

    name: str
    value: float
    step: int
    milliseconds: int  # time since 1970


def refuse_no_mlflow(asked: str) -> None:
    """Raise UserError if MLflow is not installed.

    Args:
        asked: the option or command that needs it, such as `tracking=mlflow`.
    """
    if find_spec("mlflow") is None:
        raise UserError(f"{asked} needs MLflow: pip install 'mlflow>=3'")


@dataclass(frozen=True)
class MlflowStore:
    """An experiment in a store.

    Args:
        uri: a database (sqlite:///runs.db), a server (http://host:5000) or a folder; None: MLFLOW_TRACKING_URI, or
            else `USUAL_STORE`.
    """

    uri: str | None = None
    experiment: str = USUAL_EXPERIMENT

    @property
    def place(self) -> str:
        """The database, server or folder in use."""
        return self.uri or os.environ.get("MLFLOW_TRACKING_URI") or USUAL_STORE

    @property
    def is_server(self) -> bool:
        """Return whether the store is reached over HTTP."""
        return self.place.startswith(("http://", "https://"))

    def run(self, key: str, name: str, tags: Mapping[str, str], started: int) -> "MlflowRun":
        """Return the run with a key; create it if it does not exist.

        Args:
            key: hexadecimal digits.
            started: milliseconds since 1970.
        """
        described = dict(tags) | {_KEY: key}
        found = self._client.search_runs([self._experiment_id], f"tags.`{_KEY}` = '{key}'", max_results=1)
        if not found:
            made = self._client.create_run(self._experiment_id, started, described, name)
            return MlflowRun(self._client, str(made.info.run_id), described, is_new=True)
        there = found[0]
        run = MlflowRun(self._client, str(there.info.run_id), dict(there.data.tags), set(there.data.params))
        run.set_tags(described | {"mlflow.runName": name})
        return run

    @cached_property
    def _client(self) -> "MlflowClient":
        for name, value in _SETTINGS.items():
            os.environ.setdefault(name, value)
        from mlflow import MlflowClient

        with self._lock():
            return MlflowClient(self.place)

    def _lock(self) -> AbstractContextManager[None]:
        """Return a lock for creating a local store, because two processes that create it at the same time damage it."""
        if "://" in self.place and not self.place.startswith(_SQLITE):
            return nullcontext()
        path = Path(self.place.removeprefix(_SQLITE).partition("?")[0])
        return waiting_lock(path.with_name(f".{path.name}.lock"))

    @cached_property
    def _experiment_id(self) -> str:
        from mlflow.exceptions import MlflowException

        if found := self._client.get_experiment_by_name(self.experiment):
            return str(found.experiment_id)
        try:
            with self._lock():
                return str(self._client.create_experiment(self.experiment))
        except MlflowException:
            if found := self._client.get_experiment_by_name(self.experiment):  # another process got there first
                return str(found.experiment_id)
            raise


@dataclass(frozen=True)
class MlflowRun:
    """A run in the store. Values that it already has are not written again."""

    client: "MlflowClient"
    run_id: str  # MLflow's id of the run
    tags: dict[str, str]
    parameters: set[str] = field(default_factory=set)
    is_new: bool = False
    _known: dict[str, dict[int, float]] = field(default_factory=dict)  # stored values of each metric, by step

    def log_parameters(self, values: Mapping[str, Any]) -> None:
        """Write the new parameters as text; MLflow does not allow an existing parameter to change."""
        from mlflow.entities import Param

        new = {_named(key): str(value) for key, value in values.items() if _named(key) not in self.parameters}
        self._log("params", [Param(key, value) for key, value in new.items()], _MOST_OTHERS)
        self.parameters.update(new)

    def set_tags(self, values: Mapping[str, str]) -> None:
        """Write the tags that are new or differ."""
        from mlflow.entities import RunTag

        new = {_named(key): value for key, value in values.items() if self.tags.get(_named(key)) != value}
        self._log("tags", [RunTag(key, value) for key, value in new.items()], _MOST_OTHERS)
        self.tags.update(new)

    def log_metrics(self, measured: Iterable[Measured]) -> None:
        """Write metrics, except those with the same value at the same step."""
        from mlflow.entities import Metric

        new = []
        for name, value, step, milliseconds in measured:
            known = self._known_values(_named(name))
            if step not in known or not _same(known[step], value):
                known[step] = value
                new.append(Metric(_named(name), value, milliseconds, step))
        self._log("metrics", new, _MOST_METRICS)

    def add_files(self, paths: Iterable[Path]) -> None:
        """Copy files into the run's artifacts, over those with the same name."""
        for path in paths:
            self.client.log_artifact(self.run_id, str(path))

    def resume(self) -> None:
        """Mark the run as running."""
        self.client.update_run(self.run_id, status="RUNNING")

    def end(self, status: str, finished: int) -> None:
        """Mark the run as ended.

        Args:
            status: FINISHED, FAILED or KILLED.
            finished: milliseconds since 1970.
        """
        self.client.set_terminated(self.run_id, status, finished)

    def _known_values(self, name: str) -> dict[int, float]:
        if name not in self._known:
            history = () if self.is_new else self.client.get_metric_history(self.run_id, name)
            self._known[name] = {one.step: one.value for one in history}
        return self._known[name]

    def _log(self, kind: str, values: Sequence[Any], most: int) -> None:
        for some in _parts(values, most):
            self.client.log_batch(self.run_id, **{kind: some})


def _parts(values: Sequence[Any], most: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), most):
        yield values[start : start + most]


def _named(name: str) -> str:
    return _UNUSUAL.sub("_", name)


def _same(one: float, other: float) -> bool:
    """Return whether a value is already stored; a database stores infinity as the largest number."""
    if math.isinf(other):
        return math.copysign(1, one) == math.copysign(1, other) and abs(one) > 1e308
    return one == other or (math.isnan(one) and math.isnan(other))
