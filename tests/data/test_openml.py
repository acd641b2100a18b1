import warnings

import numpy as np
import pytest

from runner.core.errors import ConfigError
from runner.data.dataset import DataError, DataNotFound
from runner.data.openml import load_openml
from tests.published import FLOWERS, openml_cache, openml_pages

ROWS = [(20.5, 6, "red", "tulip"), (90.0, 5, "'dark green'", "rose"), (45.5, 21, "blue", "aster")]
ARFF = FLOWERS + "".join(f"{h + n},{p},{c},{k}\n" for n in range(4) for h, p, c, k in ROWS)


def load(root, **changed):
    given = {"name": "flowers", "id": None, "version": "active", "label": None} | changed
    return load_openml(root=str(root), test_size=0.25, data_seed=0, memory_limit_gb=1.0, **given)


@pytest.fixture
def cached(tmp_path):
    """cached(arff, ...) -> a data directory with OpenML's answers, so that no request is made."""

    def write(arff=ARFF, **changed):
        openml_cache(tmp_path, openml_pages("http://127.0.0.1:9/", arff, **changed))
        return tmp_path

    return write


@pytest.fixture
def openml(tmp_path, serve, monkeypatch):
    """openml(arff) -> a server that answers scikit-learn like OpenML."""

    def start(arff=ARFF):
        folder = tmp_path / "published"
        folder.mkdir()
        server = serve(folder)
        for address, content in openml_pages(server.url, arff).items():
            file = folder / f"{address}index.html" if address.endswith("/") else folder / address
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        for name in ("_SEARCH_NAME", "_DATA_INFO", "_DATA_FEATURES", "_DATA_QUALITIES"):
            address = getattr(__import__("sklearn.datasets._openml", fromlist=[name]), name)
            monkeypatch.setattr(
                f"sklearn.datasets._openml.{name}", address.replace("https://www.openml.org/", server.url)
            )
        (tmp_path / "root").mkdir()
        return server

    return start


@pytest.mark.parametrize("by", [{}, {"version": 3}, {"id": 61, "name": "mine"}], ids=["name", "version", "id"])
def test_a_table_is_downloaded_once_and_then_read_from_the_data_directory(openml, tmp_path, by):
    server = openml()
    first = load(tmp_path / "root", **by)
    asked = len(server.handler.requests)
    assert asked >= 4
    again = load(tmp_path / "root", **by)
    assert len(server.handler.requests) == asked
    assert first.fingerprint == again.fingerprint
    assert (first.name, first.source) == (by.get("name", "flowers"), "https://www.openml.org/d/61")


def test_numbers_stay_and_named_values_become_a_feature_each(cached):
    dataset = load(cached())
    rows = np.concatenate([dataset.train_inputs, dataset.test_inputs])
    labels = np.concatenate([dataset.train_labels, dataset.test_labels])
    expected = {
        (h + n, p, *(c == name for name in ("'dark green'", "blue", "red"))) for n in range(4) for h, p, c, _ in ROWS
    }
    assert {tuple(row) for row in rows.tolist()} == expected
    assert dataset.class_names == ("aster", "rose", "tulip")
    assert {(row[1], label) for row, label in zip(rows.tolist(), labels.tolist(), strict=True)} == {
        (6, 2),
        (5, 1),
        (21, 0),
    }
    assert len(dataset.test_labels) == 3
    assert dataset.notes == ("flowers: each value of colour became a 0/1 feature.",)


def test_another_column_of_whole_numbers_can_hold_the_classes(cached):
    dataset = load(cached(), label="petals")
    assert dataset.class_names == ("5", "6", "21")
    assert dataset.train_inputs.shape == (9, 1 + 3 + 3)


def test_openmls_remarks_are_notes(cached):
    dataset = load(cached(status="deactivated"))
    assert "Version 3 of dataset flowers is inactive" in dataset.notes[0]


SPOILT = {
    "no value": (ARFF.replace("\n20.5,6,", "\n?,6,"), {}, "column height in cm, row 1: no value"),
    "text": (ARFF.replace("colour {red, blue, 'dark green'}", "colour string"), {}, "column colour: contains text"),
    "measured": (ARFF, {"label": "height in cm"}, "height in cm contains 20.5; classes are names or whole numbers"),
    "measured in whole numbers": (
        ARFF.replace("\n20.5,6,", "\n20.5,7,"),
        {"label": "petals"},
        r"petals has 4 different numbers in 12 rows, and 7 occurs once; .*\(regression\) .*dataset\.label=",
    ),
    "no such column": (ARFF, {"label": "scent"}, "OpenML, name flowers, version active: .*scent"),
}


@pytest.mark.parametrize(("arff", "changed", "said"), SPOILT.values(), ids=SPOILT)
def test_a_table_that_cannot_be_learned_from_is_one_error(cached, arff, changed, said):
    with pytest.raises(DataError, match=said):
        load(cached(arff), **changed)


def test_no_column_of_classes_is_an_error_that_says_how_to_name_one(cached):
    with pytest.raises(DataError, match=r"no single column of classes; name one: dataset\.label="):
        load(cached(label="none of them"))


def test_a_table_beyond_the_memory_limit_is_refused(cached):
    with pytest.raises(DataError, match=r"dataset\.memory_limit_gb=1e-09"):
        load_openml("flowers", None, "active", None, str(cached()), 0.25, 0, 1e-9)


@pytest.mark.filterwarnings("ignore:Invalid cache")
def test_another_file_than_openml_states_is_refused(openml, tmp_path):
    openml()
    file = tmp_path / "published/data/v1/download/61/flowers.arff"
    file.write_text(ARFF.replace("90.0", "91.0"))
    with pytest.raises(DataError, match="md5 checksum"):
        load(tmp_path / "root")


def test_a_name_that_openml_does_not_have_is_an_error_with_the_name(openml, tmp_path):
    server = openml()
    server.handler.do_GET = lambda self: self.send_error(412)
    with pytest.raises(DataError, match="OpenML, name flowrs, version active: No active dataset flowrs found"):
        load(tmp_path / "root", name="flowrs")


def test_without_a_network_the_error_says_where_the_data_may_come_from(tmp_path, monkeypatch):
    monkeypatch.setattr("sklearn.datasets._openml._DATA_INFO", "http://127.0.0.1:9/{}")
    monkeypatch.setattr("sklearn.datasets._openml.time.sleep", lambda seconds: None)
    with warnings.catch_warnings(), pytest.raises(DataNotFound, match=r"cannot be downloaded .*RUNNER_DATA_DIR=\.\.\."):
        load(tmp_path, id=61)


@pytest.mark.parametrize("version", ["newest", 1.5, True])
def test_a_version_is_a_number_or_active(tmp_path, version):
    with pytest.raises(ConfigError, match=f"dataset.version={version}: must be a whole number, or active"):
        load(tmp_path, version=version)
