from runner.config.identity import run_id
from runner.core.paths import located, working_directory
from tests.composed import config


def test_a_relative_path_leads_to_where_it_led_when_it_was_asked_for(tmp_path, monkeypatch):
    began, here = tmp_path / "began", tmp_path / "here"
    for folder in (began, here):
        folder.mkdir()
    (began / "own.csv").touch()
    monkeypatch.chdir(began)
    asked = config("dataset=csv", "dataset.path=own.csv")
    base = working_directory(asked)
    assert base == str(began)
    assert located(asked, base) is asked  # as typed, in the directory where it was typed
    monkeypatch.chdir(here)
    (here / "own.csv").touch()  # another table with the same name
    assert located(asked, base)["dataset"]["path"] == str(began / "own.csv")
    assert located(asked, None) == asked
    assert asked["dataset"]["path"] == "own.csv"


def test_a_path_stays_as_it_is_typed_where_nothing_lies_there_any_more(tmp_path):
    asked = config("dataset=npz", "dataset.path=gone.npz")
    assert located(asked, str(tmp_path)) == asked


def test_a_configuration_without_relative_paths_names_no_directory():
    assert working_directory(config("dataset=digits")) is None
    assert working_directory(config("dataset=csv", "dataset.path=/data/own.csv")) is None
    assert working_directory(config("dataset=csv", "dataset.path='~/own.csv'")) is None
    assert working_directory(config("dataset.root=data")) is not None


def test_the_directory_belongs_to_no_runs_identity(tmp_path, monkeypatch):
    asked = config("dataset=csv", "dataset.path=own.csv")
    before = run_id(asked)
    monkeypatch.chdir(tmp_path)
    assert run_id(config("dataset=csv", "dataset.path=own.csv")) == before
