import math

import pytest

from runner.core.errors import UserError
from runner.engine import mlflow_store
from runner.engine.mlflow_store import Measured, MlflowStore, refuse_no_mlflow

KEY = "0" * 32


@pytest.fixture
def store(tmp_path):
    """A folder, which would store a repeated metric twice; creating a database would take seconds."""
    return MlflowStore(str(tmp_path / "folder"))


def run_of(store, key=KEY, **tags):
    return store.run(key, "a run", tags, started=1000)


def stored(run):
    """MLflow's own record of a run."""
    return run.client.get_run(run.run_id)


def test_a_run_is_found_by_its_key_and_its_tags_and_name_are_updated(store):
    made = run_of(store, seed="0", variant="a")
    found = store.run(KEY, "another name", {"variant": "b"}, started=2000)
    assert found.run_id == made.run_id != run_of(store, key="1" * 32).run_id
    there = stored(found)
    assert (there.info.run_name, there.info.start_time) == ("another name", 1000)
    assert {name: there.data.tags[name] for name in ("seed", "variant")} == {"seed": "0", "variant": "b"}


def test_values_that_are_there_are_not_written_again(store):
    values = {"loss": 0.5, "nothing": math.nan, "endless": math.inf}
    measured = [Measured(name, value, 1, 1000) for name, value in values.items()]
    for _ in range(2):
        run = run_of(store)
        run.log_metrics([*measured, *measured])
    changed = run_of(store)
    changed.log_metrics([Measured("loss", 0.25, 1, 2000), Measured("loss", 0.25, 2, 2000)])
    history = {name: changed.client.get_metric_history(changed.run_id, name) for name in values}
    assert {name: len(found) for name, found in history.items()} == {"loss": 3, "nothing": 1, "endless": 1}
    assert sorted((one.step, one.value) for one in history["loss"]) == [(1, 0.25), (1, 0.5), (2, 0.25)]


def test_parameters_keep_their_first_value_and_may_be_many(store):
    many = {f"key.{number}": str(number) for number in range(150)}
    run_of(store).log_parameters(many)
    run_of(store).log_parameters(many | {"key.0": "other", "new": "1"})
    assert stored(run_of(store)).data.params == many | {"new": "1"}


def test_a_tag_that_is_set_back_is_written(store):
    run_of(store, variant="a")
    run = run_of(store, variant="b")
    run.set_tags({"variant": "a"})
    assert stored(run).data.tags["variant"] == "a"


def test_names_that_mlflow_refuses_are_changed(store):
    run = run_of(store)
    run.log_metrics([Measured("a(b)=c", 1.0, 1, 1000)])
    run.log_parameters({"~key+": "x"})
    assert [*stored(run).data.metrics, *stored(run).data.params] == ["a_b__c", "_key_"]


def test_the_place_is_the_given_one_that_of_the_environment_or_a_database_here(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert MlflowStore().place == "sqlite:///mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://host:5000")
    assert (MlflowStore().place, MlflowStore().is_server) == ("http://host:5000", True)
    assert (MlflowStore("folder").place, MlflowStore("folder").is_server) == ("folder", False)


def test_without_mlflow_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr(mlflow_store, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"^tracking=mlflow needs MLflow: pip install 'mlflow>=3'$"):
        refuse_no_mlflow("tracking=mlflow")


@pytest.mark.parametrize("form", ["sqlite:///{}", "{}"])
def test_a_local_store_is_created_under_a_lock_because_two_processes_would_spoil_it(tmp_path, monkeypatch, form):
    import mlflow

    class Refusing:
        def __init__(self, place):
            assert (tmp_path / ".store.lock").exists()
            raise InterruptedError(place)

    monkeypatch.setattr(mlflow, "MlflowClient", Refusing)
    place = form.format(tmp_path / "store")
    with pytest.raises(InterruptedError, match=r"store$"):
        run_of(MlflowStore(place))
    assert not [*tmp_path.iterdir()]
