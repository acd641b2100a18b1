import json
import math

import pytest
import yaml

from runner.cli.commands.diff import diff_command
from runner.core.errors import UserError
from tests.reporting.conftest import run_maker


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """runs(0, 1) -> the directories of runs with these seeds, below the current directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    make = run_maker(tmp_path)

    def made(*seeds):
        names = [f"s/{place}" for place, _ in enumerate(seeds)]
        for name, seed in zip(names, seeds, strict=True):
            (make(name) / "config.yaml").write_text(yaml.safe_dump({"seed": seed}))
        return names

    return made


def test_a_table_has_a_column_for_each_run_and_a_row_for_each_difference(runs, capsys):
    diff_command(runs(0, 1, 2))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        *(["1", "s/0"], ["2", "s/1"], ["3", "s/2"]),
        *(["1", "2", "3"], ["configuration"], ["seed", "0", "1", "2"]),
    ]


def test_runs_without_difference_are_said_to_have_none(runs, capsys):
    diff_command(runs(0, 0))
    assert capsys.readouterr().out.splitlines() == [
        "1  s/0",
        "2  s/1",
        "no difference in configuration, settings, versions, code, data, device, network, metrics",
    ]


def test_json_holds_the_runs_and_a_value_for_each(runs, capsys):
    names = runs(0, 1, math.inf)
    diff_command([*names, "--format", "json"])
    assert json.loads(capsys.readouterr().out) == {
        "runs": names,
        "differences": {"configuration": {"seed": [0, 1, "inf"]}},
    }


def test_a_sweep_is_refused_with_the_pattern_of_its_runs(runs, tmp_path):
    runs(0, 1)
    (tmp_path / "s" / "plan.json").write_text("{}")
    with pytest.raises(UserError, match=r"^s: a sweep, not a run; give its runs, for example s/\*$"):
        diff_command(["s"])


def test_a_pattern_may_match_files_too(runs, tmp_path, capsys):
    names = runs(0, 0)
    (tmp_path / "s" / "plan.json").write_text("{}")
    diff_command([*names, "s/plan.json"])
    assert "no difference" in capsys.readouterr().out


def test_one_run_given_twice_is_refused(runs):
    with pytest.raises(UserError, match=r"^s/0: a comparison needs at least two different runs$"):
        diff_command([*runs(0), "s/0/"])


def test_what_holds_no_run_is_refused_by_name(runs, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"^empty: contains no run \(no record.json\)"):
        diff_command([*runs(0), "empty"])


def test_differences_are_no_failure_and_a_missing_run_gives_one_line_and_exit_code_2(runs, program, tmp_path):
    assert program("diff", *runs(0, 1), cwd=tmp_path).code == 0
    done = program("diff", "s/0", "nowhere", cwd=tmp_path)
    assert (done.code, done.out, done.err) == (2, "", "runner: nowhere: no such directory\n")
