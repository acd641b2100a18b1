"""Runs tracked in MLflow as they train: in a folder, on MLflow's own server, and on servers that fail."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace

import pytest
import requests

from runner.engine.mlflow import MLflow
from runner.engine.mlflow_store import MlflowStore
from runner.engine.tracker_threads import Trackers
from tests.engine.test_tensorboard import GRADIENTS, RECORD

STARTED = replace(RECORD, started="2026-01-01T00:00:00+00:00", dataset={"name": "mnist", "fingerprint": "f" * 64})
TESTED = replace(STARTED, status="completed", test={"accuracy": 0.75, "loss": None})
START_SECONDS = 300.0  # time limit of a server on a busy machine


@pytest.fixture
def run(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.yaml").write_text("optimizer: {learning_rate: 0.1}\n")
    return tmp_path / "run"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(tmp_path / "folder"))
    return str(tmp_path / "folder")


def epoch(number):
    return {"epoch": float(number), "loss": 1 / number}


def stored(place):
    """The only run of the experiment, and each metric's steps and values."""
    from mlflow import MlflowClient

    client = MlflowClient(place)
    experiment = client.get_experiment_by_name("runner")
    (run,) = client.search_runs([experiment.experiment_id])
    history = {name: client.get_metric_history(run.info.run_id, name) for name in run.data.metrics}
    return run, {name: sorted((one.step, one.value) for one in found) for name, found in history.items()}


def test_an_epoch_is_there_as_soon_as_it_is_over_and_the_test_at_the_end(run, folder):
    tracker = MLflow(run)
    tracker.begin(STARTED)
    tracker.epoch(epoch(1), [GRADIENTS])
    there, metrics = stored(folder)
    assert there.info.status == "RUNNING"
    assert metrics == {"loss": [(1, 1.0)], "gradients/output.weight": [(1, 0.1)]}
    assert there.data.params == {"optimizer.learning_rate": "0.1"}
    tracker.epoch(epoch(2), [])
    tracker.end(TESTED)
    there, metrics = stored(folder)
    assert (there.info.status, there.data.tags["status"]) == ("FINISHED", "completed")
    assert metrics["test_accuracy"] == [(2, 0.75)]


@pytest.mark.parametrize(("status", "shown"), [("diverged", "FAILED"), ("interrupted", "KILLED"), ("pruned", "KILLED")])
def test_a_resumed_run_goes_on_as_the_same_run_with_each_epoch_once(run, folder, status, shown):
    for length in (2, 3):
        tracker = MLflow(run)
        tracker.begin(STARTED)
        assert stored(folder)[0].info.status == "RUNNING"
        for number in range(1, length + 1):
            tracker.epoch(epoch(number), [])
        tracker.end(replace(STARTED, status=status))
    there, metrics = stored(folder)
    assert there.info.status == shown
    assert metrics["loss"] == [(1, 1.0), (2, 0.5), (3, 1 / 3)]


def test_the_end_of_what_never_began_is_no_error_of_its_own(run):
    MLflow(run).end(TESTED)


def test_a_server_that_accepts_and_never_answers_costs_a_warning(run, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{silent.getsockname()[1]}")
        trackers = Trackers({"tracking=mlflow": MLflow(run)}, patience=0.5)
        trackers.begin(STARTED)
        began = time.monotonic()
        warnings = trackers.epoch(epoch(1), [])
        assert time.monotonic() - began < 0.5  # an epoch does not wait
        (warning,) = warnings + trackers.end(TESTED)
    assert warning.startswith("tracking=mlflow: no response within 0.5 s")


@contextmanager
def mlflow_server(folder):
    """MLflow's own server on a free port, without its other services: its address, and a function that kills it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    place = ["--backend-store-uri", str(folder / "store"), "--artifacts-destination", str(folder / "files")]
    command = [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1", *place]
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)

    def kill():
        if server.returncode is None:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()

    try:
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + START_SECONDS
        while not _is_up(address):
            assert server.poll() is None, (folder / "server.log").read_text()
            assert time.monotonic() < deadline, (folder / "server.log").read_text()
            time.sleep(0.1)
        yield address, kill
    finally:
        kill()


def _is_up(address):
    try:
        return requests.get(f"{address}/health", timeout=1).ok
    except requests.RequestException:
        return False


def test_mlflows_own_server_has_the_run_and_its_death_costs_a_warning(run, tmp_path, monkeypatch, processes):
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with mlflow_server(tmp_path) as (address, kill):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        trackers = Trackers({"tracking=mlflow": MLflow(run)})
        trackers.begin(STARTED)
        trackers.epoch(epoch(1), [])
        assert trackers.end(replace(STARTED, status="interrupted")) == []
        there, metrics = stored(address)
        assert (there.info.status, metrics) == ("KILLED", {"loss": [(1, 1.0)]})
        MlflowStore(address).run(there.data.tags["runner_key"], "x", {}, 0).add_files([run / "config.yaml"])
        assert [path.name for path in (tmp_path / "files").rglob("*.yaml")] == ["config.yaml"]
        trackers = Trackers({"tracking=mlflow": MLflow(run)})
        trackers.begin(STARTED)
        kill()
        (warning,) = [*trackers.epoch(epoch(1), []), *trackers.epoch(epoch(2), []), *trackers.end(TESTED)]
    assert warning.startswith("tracking=mlflow: MlflowException: API request to http://127.0.0.1:")
