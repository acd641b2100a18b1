from collections import Counter

import pytest

from runner.core.errors import EnvironmentFault
from runner.engine.mlflow import MLflow
from runner.engine.mlflow_store import MlflowStore
from runner.export.mlflow import export_mlflow
from runner.records.run_directory import RunDirectory


@pytest.fixture
def store(tmp_path):
    return MlflowStore(str(tmp_path / "folder"))


def stored(place):
    """All runs of the experiment, as MLflow itself finds them, by name."""
    from mlflow import MlflowClient

    client = MlflowClient(place)
    experiment = client.get_experiment_by_name("runner")
    return client, {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}


def contents(place):
    """Return the content of the store, with each value of each metric and each file."""
    client, runs = stored(place)
    return {
        name: (
            run.info.status,
            run.data.params,
            run.data.tags,
            Counter(
                (key, one.step, one.value, one.timestamp)
                for key in run.data.metrics
                for one in client.get_metric_history(run.info.run_id, key)
            ),
            [file.path for file in client.list_artifacts(run.info.run_id)],
        )
        for name, run in runs.items()
    }


def test_a_study_is_a_run_with_its_variants_and_their_runs_nested_in_it(study, store, left_out):
    assert export_mlflow([study], store, left_out) == 5
    client, runs = stored(store.place)
    parents = {name: run.data.tags.get("mlflow.parentRunId") for name, run in runs.items()}
    names = {run.info.run_id: name for name, run in runs.items()}
    assert {name: names.get(parent) for name, parent in parents.items()} == {
        "steps": None, "plain": "steps", "heavy": "steps", "plain seed 0": "plain", "plain seed 1": "plain",
        "plain seed 7": "plain", "heavy seed 0": "heavy", "heavy seed 1": "heavy",
    }  # fmt: skip
    assert runs["plain seed 7"].data.tags["kind"] == "tuning"
    tags = runs["steps"].data.tags
    assert tags["question"] == "Does momentum help?"
    assert tags["mlflow.note.content"].startswith("Does momentum help?\n\nplain (mean test accuracy 75.00%")
    assert "2 seeds are too few" in runs["heavy"].data.tags["verdict"]
    assert runs["heavy"].data.metrics["mean"] == pytest.approx(0.8)
    counts = {"n": 2, "runs": 2, "completed": 2, "diverged": 0, "failed": 0, "budget": 1}
    assert counts.items() <= runs["plain"].data.metrics.items()
    one = runs["heavy seed 1"]
    assert one.info.status == "FINISHED"
    assert one.data.params["optimizer.learning_rate"] == "0.1"
    expected = {"variant": "heavy", "seed": "1", "study": "steps", "kind": "result", "commit": "c" * 40}
    assert expected.items() <= one.data.tags.items()
    assert {"run_id", "fingerprint", "directory"} <= one.data.tags.keys()
    history = client.get_metric_history(one.info.run_id, "val_accuracy")
    assert [(row.step, row.value, row.timestamp - one.info.start_time) for row in history] == [
        (1, 0.5, 10_000),
        (2, 0.8, 20_000),
    ]
    assert one.data.metrics["test_accuracy"] == 0.8
    files = [file.path for file in client.list_artifacts(one.info.run_id)]
    assert files == ["config.yaml", "history.csv", "record.json"]


def test_exporting_twice_adds_nothing(study, alone, store, left_out):
    export_mlflow([study, alone], store, left_out)
    before = contents(store.place)
    export_mlflow([study, alone], store, left_out)
    assert contents(store.place) == before
    assert len(before) == 9


def test_a_run_that_was_tracked_live_is_completed_not_doubled(alone, study, left_out, monkeypatch, tmp_path):
    """The store is a database, which MLflow recommends."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/runs.db")
    monkeypatch.chdir(tmp_path)  # artifacts of a database are next to it
    directory = RunDirectory(alone)
    record, history = directory.read_record(), directory.read_history()
    tracker = MLflow(alone)
    tracker.begin(record)
    tracker.epoch(history[0], [])
    (made,) = contents(f"sqlite:///{tmp_path}/runs.db").values()
    assert made[0] == "RUNNING"
    export_mlflow([alone, study], MlflowStore(), left_out)
    after = contents(f"sqlite:///{tmp_path}/runs.db")
    status, _, tags, metrics, files = after.pop("optimizer=sgd seed 0")
    assert (status, tags["status"], tags["error"]) == ("FAILED", "failed", "E: no")
    assert Counter(key for key, *_ in metrics)["loss"] == 2
    assert Counter(key for key, *_ in metrics)["gradients/hidden.gradient"] == 2
    assert "gradients.csv" in files
    assert len(after) == 8


def test_a_store_that_cannot_be_reached_is_one_line(alone, left_out, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(
        EnvironmentFault, match=r"^http://127.0.0.1:9: API request .*; entries written so far are kept$"
    ):
        export_mlflow([alone], MlflowStore("http://127.0.0.1:9"), left_out)


def test_models_are_added_on_request(alone, store, left_out):
    (alone / "model.keras").write_bytes(b"weights")
    export_mlflow([alone], store, left_out)
    assert "model.keras" not in contents(store.place)["optimizer=sgd seed 0"][-1]
    export_mlflow([alone], store, left_out, models=True)
    assert "model.keras" in contents(store.place)["optimizer=sgd seed 0"][-1]
