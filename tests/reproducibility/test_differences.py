import math
from dataclasses import replace

import pytest
import yaml

from runner.config.identity import run_id
from runner.core.omissions import LeftOut
from runner.core.terminal import Terminal
from runner.reproducibility.differences import as_json, difference_tables, differences, differing, read_recorded
from tests.reporting.conftest import run_maker

CONFIG = {
    "name": "run",
    "seed": 0,
    "dataset": {"root": None},
    "model": {"hidden_units": [128]},
    "optimizer": {"learning_rate": 0.001, "nesterov": True},
    "callbacks": {},
    "device": {"kind": "auto"},
}
SAME = [
    {},
    {"name": "other"},
    {"seed": 0.0},
    {"dataset": {"root": "/elsewhere"}},
    {"device": {"kind": "cpu", "precision": "float32"}},
    {"callbacks": None, "clipping": {"norm": None}},
]
OTHER = [
    {"seed": 1},
    {"model": {"hidden_units": [128, 64]}},
    {"optimizer": {"learning_rate": 0.001, "nesterov": 1}},
    {"device": {"kind": "auto", "precision": "mixed_float16"}},
    {"callbacks": {"stop": {"patience": 0}}},
]


@pytest.fixture
def recorded(tmp_path):
    """recorded({"seed": 1}, test={...}) -> the directory of a run with these changes of CONFIG and fields."""
    make = run_maker(tmp_path)

    def make_recorded(changes=(), **fields):
        path = make(f"run{len(list(tmp_path.iterdir()))}", **fields)
        (path / "config.yaml").write_text(yaml.safe_dump(CONFIG | dict(changes)))
        return path

    return make_recorded


def found(*paths):
    return differences(read_recorded(paths, LeftOut()))


@pytest.mark.parametrize("changes", [*SAME, *OTHER])
def test_configurations_differ_exactly_when_the_run_ids_do(recorded, changes):
    differ = run_id(CONFIG) != run_id(CONFIG | changes)
    assert differ == (changes in OTHER)
    assert ("configuration" in found(recorded(), recorded(changes))) == differ


def test_each_part_names_what_differs_and_nothing_else(recorded):
    one = recorded(
        versions={"keras": "3.12", "numpy": "2.2"},
        code={"commit": "a", "dirty": False},
        device={"kind": "cpu", "cores": 2},
        weights={"shapes": "s", "values": "v"},
    )
    other = recorded(
        {"optimizer": {"learning_rate": 0.01, "nesterov": True}, "device": {"kind": "cpu"}},
        versions={"keras": "3.13", "numpy": "2.2"},
        code={"commit": "b", "dirty": False},
        device={"kind": "cpu", "cores": 8},
        weights={"shapes": "s", "values": "w"},
        fingerprint="e" * 64,
        accuracies=(0.5, 0.875),
    )
    assert found(one, other) == {
        "configuration": {"optimizer.learning_rate": (0.001, 0.01)},
        "settings": {"device.kind": ("auto", "cpu")},
        "versions": {"keras": ("3.12", "3.13")},
        "code": {"commit": ("a", "b")},
        "data": {"fingerprint": ("f" * 64, "e" * 64)},
        "device": {"cores": (2, 8)},
        "network": {"initial weights": ("v", "w")},
        "metrics": {
            "val_accuracy": (0.75, 0.875),
            "best_val_accuracy": (0.75, 0.875),
            "test_accuracy": (0.75, 0.875),
        },
    }


def test_times_paths_and_run_ids_are_no_difference(recorded):
    one = recorded(seconds={"train": 1.0}, started="2026-01-01T00:00:00+00:00", run_id="a" * 12)
    assert found(one, recorded(seconds={"train": 9.0}, started="2026-02-01T00:00:00+00:00", run_id="b" * 12)) == {}


def test_a_status_and_a_missing_metric_are_differences(recorded):
    rows = found(recorded(), recorded(status="failed"), recorded())["metrics"]
    assert rows["status"] == ("completed", "failed", "completed")
    assert rows["test_accuracy"] == (0.75, None, 0.75)


def test_nan_equals_nan_and_one_equals_a_float_but_not_true():
    assert differing([{"a": math.nan, "b": 1, "c": None}, {"a": math.nan, "b": 1.0}]) == {}
    assert differing([{"a": [math.nan]}, {"a": [math.nan]}]) == {}
    assert differing([{"a": math.nan}, {"a": 0.0}]).keys() == {"a"}
    assert differing([{"a": True, "b": "1"}, {"a": 1, "b": 1}]) == {"a": (True, 1), "b": ("1", 1)}


def test_a_run_without_configuration_is_compared_by_its_record(recorded):
    one, other = recorded(), recorded({"seed": 1}, versions={"keras": "3.13"})
    (one / "config.yaml").unlink()
    left_out = LeftOut()
    assert differences(read_recorded([one, other], left_out)) == {"versions": {"keras": (None, "3.13")}}
    assert "config.yaml: missing" in left_out.reasons[0]


class TestTables:
    def shown(self, values, width=80):
        console = Terminal(width=width, record=True)
        for table in difference_tables({"configuration": {"optimizer.learning_rate": values}}, len(values), width):
            console.print(table)
        return console.export_text().splitlines()

    @pytest.mark.parametrize("width", [60, 80, 200])
    def test_every_run_has_its_column_within_the_width_however_many_there_are(self, width):
        lines = self.shown(tuple(number / 1000 for number in range(1, 10)), width)
        assert max(map(len, lines)) <= width
        cells = [line.split()[1:] for line in lines if line.startswith("  optimizer.learning_rate")]
        assert [float(cell) for row in cells for cell in row] == [number / 1000 for number in range(1, 10)]

    def test_a_difference_beyond_the_shown_digits_is_shown(self):
        (line,) = (line for line in self.shown((0.5, 0.5 + 1e-12)) if "learning_rate" in line)
        assert line.split()[1:] == ["0.5", "0.500000000001"]

    def test_a_text_and_the_number_it_looks_like_are_told_apart(self):
        (line,) = (line for line in self.shown((1, "1")) if "learning_rate" in line)
        assert line.split()[1:] == ["1", "'1'"]

    def test_commits_and_fingerprints_are_shortened(self):
        (line,) = (line for line in self.shown(("ab" * 20, "cd" * 32)) if "learning_rate" in line)
        assert line.split()[1:] == ["ab" * 6, "cd" * 6]

    def test_control_characters_are_escaped(self):
        assert "\x1b" not in "".join(self.shown(("\x1b[31mred", "blue")))


def test_dates_and_odd_keys_of_a_hostile_configuration_are_shown(recorded):
    one, other = recorded(), recorded()
    (one / "config.yaml").write_text("when: 2026-01-01\nlist: [{1: a, b: c}]\n")
    (other / "config.yaml").write_text("when: 2026-01-02\nlist: [{1: a, b: d}]\n")
    runs = read_recorded([one, other], LeftOut())
    rows = as_json(differences(runs), runs)["differences"]["configuration"]
    assert rows == {"when": ["2026-01-01", "2026-01-02"], "list": [[{"1": "a", "b": "c"}], [{"1": "a", "b": "d"}]]}
    assert list(difference_tables(differences(runs), 2, 80))
    assert replace(runs[0], config=None).part("configuration").keys() == {"device.precision"}
