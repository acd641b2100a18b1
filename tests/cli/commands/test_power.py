import csv
import io
import json

import numpy as np
import pytest

from runner.cli.commands.power import power_command
from runner.core.errors import UserError
from runner.reporting.comparison.power import POWER_COLUMNS
from tests.reporting.conftest import run_maker


@pytest.fixture
def asked(tmp_path, monkeypatch, capsys):
    """asked("--difference", "0.002") -> the output of the command for a pilot of three seeds and three variants."""
    make_run, generator = run_maker(tmp_path / "pilot"), np.random.default_rng(0)
    for seed in range(3):
        for optimizer in ("sgd", "adam", "lion"):
            accuracy = round(0.97 + generator.normal(0, 0.001), 4)
            make_run(f"{optimizer}{seed}", [f"optimizer={optimizer}"], seed=seed, accuracies=[accuracy])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments):
        power_command(["pilot", *arguments])
        return capsys.readouterr().out

    return run


def test_the_table_says_what_the_seeds_show_and_what_a_difference_takes_in_80_columns(asked):
    text = asked("--difference", "0.002", "--margin", "0.003", "--seeds", "8")
    head, columns, *lines = text.splitlines()
    assert head.startswith("test accuracy in percentage points; 8 seeds; power 80%; compared with optimizer=")
    assert columns.split() == ["variant", "pairs", "std", "detectable", "seeds", "for", "0.2", "seeds", "within", "0.3"]
    assert max(map(len, lines[:2])) <= 80
    assert lines[0].split()[1] == "3"
    assert "over 2 comparisons, max-T" in text


def test_beyond_the_simulated_seeds_the_level_of_the_t_test_is_named(asked):
    assert "paired t-test at the level 0.05 / 2 over 2 comparisons" in " ".join(asked("--seeds", "20").split())


def test_csv_and_json_hold_the_same_rows(asked):
    rows = list(csv.DictReader(io.StringIO(asked("--difference", "0.002", "--format", "csv"))))
    assert list(rows[0]) == POWER_COLUMNS
    objects = json.loads(asked("--difference", "0.002", "--format", "json"))
    assert [float(row["std"]) for row in rows] == [row["std"] for row in objects]
    assert objects[0]["detectable"] is None  # three seeds show no difference of any size
    assert objects[0]["seeds_for_difference_low"] <= objects[0]["seeds_for_difference"]
    assert objects[0]["seeds_for_difference"] <= objects[0]["seeds_for_difference_high"]


def test_a_difference_beyond_any_number_of_seeds_says_so(asked):
    assert "> 10,000" in asked("--difference", "0.000001")
    assert json.loads(asked("--difference", "0.000001", "--format", "json"))[0]["seeds_for_difference"] is None


def test_holm_takes_more_seeds_than_max_t(asked):
    seeds = [
        json.loads(asked("--difference", "0.003", "--format", "json", "--correction", name))[0]["seeds_for_difference"]
        for name in ("max_t", "holm")
    ]
    assert seeds[0] < seeds[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--difference", "2"],
            r"--difference 2: test_accuracy is a proportion between 0 and 1 \(0.001 is .*\); 0.02\?$",
        ),
        (["--margin", "2"], r"--margin 2: test_accuracy is a proportion"),
        (["--seeds", "1"], "--seeds 1: must be a number of seeds, 2 to 10,000"),
        (["--power", "80"], "--power 80: must be above 0.05 and below 1, such as 0.8"),
        (["--metric", "seed"], "--metric seed: neither higher nor lower values are better"),
    ],
)
def test_an_option_that_makes_no_sense_is_one_sentence(asked, arguments, message):
    with pytest.raises(UserError, match=message):
        asked(*arguments)


@pytest.mark.parametrize("option", ["--difference", "--margin"])
@pytest.mark.parametrize("value", ["0", "-0.1", "nan", "much"])
def test_a_size_that_is_not_above_zero_is_refused(asked, capsys, option, value):
    with pytest.raises(SystemExit):
        asked(f"{option}={value}")
    assert f"{value}: must be a number above 0" in capsys.readouterr().err


def test_runs_without_pairs_show_no_spread(asked):
    with pytest.raises(UserError, match=r"no variant shares two completed seeds .* train a pilot of a few seeds first"):
        power_command(["pilot/sgd0", "pilot/adam1"])


def test_a_variant_that_always_diverged_is_named_and_no_part_of_the_notes(asked, tmp_path):
    make_run = run_maker(tmp_path / "pilot")
    for seed in range(3):
        make_run(f"huge{seed}", ["optimizer=huge"], seed=seed, status="diverged")
    text = asked("--baseline", "adam", "--seeds", "8")
    assert "the 95% interval of the standard deviation, estimated from 3 pairs" in text
    assert "no spread, because fewer than two pairs completed: optimizer=huge" in " ".join(text.split())
    assert "no difference of any size can be shown" not in text
    with pytest.raises(UserError, match="no variant shares two completed seeds"):
        power_command(["pilot", "--baseline", "huge"])
