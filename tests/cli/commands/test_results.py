import csv
import io
import json

import pytest

from runner.cli.commands.results import list_command
from runner.core.errors import UserError
from runner.reporting.collection.labels import Values
from tests.reporting.conftest import run_maker


@pytest.fixture
def listed(tmp_path, monkeypatch, capsys):
    """listed("--where", "seed = 1") -> the output of the command in a directory with four runs."""
    make_run = run_maker(tmp_path / "outputs")
    rates = ["0.1", "1e-2", "null"]
    for seed, status in enumerate(["completed", "diverged", "failed"]):
        make_run(
            f"sweep/{seed}", ["optimizer=sgd", f"optimizer.learning_rate={rates[seed]}"], seed=seed, status=status,
            started=f"2026-02-0{seed + 1}T10:11:12+00:00", choices={"optimizer": "sgd"}, accuracies=[0.5 + seed / 10],
        )  # fmt: skip
    make_run("run", seed=7, started="2026-02-09T00:00:00+00:00", choices={"optimizer": "adam"}, accuracies=[0.9])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments):
        list_command(arguments)
        return capsys.readouterr().out

    return run


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_runs_below_outputs_are_listed_newest_first_with_a_few_columns(listed):
    head, *lines = listed().splitlines()
    assert head.split() == ["status", "started", "variant", "seed", "test_accuracy", "directory"]
    assert [line.split()[-1] for line in lines] == ["outputs/run", *(f"outputs/sweep/{seed}" for seed in (2, 1, 0))]
    assert lines[0].split() == ["completed", "2026-02-09", "00:00", "run", "7", "90.00%", "outputs/run"]


def test_filters_must_all_hold(listed):
    assert rows(listed("--where", "seed > 0", "--where", "seed < 2", "--format", "csv"))[0]["status"] == "diverged"


def test_runs_are_sorted_by_any_key_and_those_without_a_value_come_last(listed):
    def order(*arguments):
        asked = ["--format", "csv", "--columns", "seed", *arguments]
        return [row["seed"] for row in rows(listed(*asked))]

    assert order("--sort", "seed") == ["0", "1", "2", "7"]
    assert order("--sort", "seed", "--descending") == ["7", "2", "1", "0"]
    assert order("--sort", "test_accuracy", "--descending") == ["7", "0", "2", "1"]
    assert order("--sort", "optimizer.learning_rate") == ["1", "0", "2", "7"]


def test_csv_and_json_are_complete(listed):
    (first, *_) = rows(listed("--format", "csv"))
    (same, *others) = json.loads(listed("--format", "json"))
    assert {"run_id", "status", "test_accuracy", "started", "directory", "optimizer.learning_rate"} <= {*first}
    assert list(first) == list(same)
    assert (same["seed"], same["test_accuracy"], same["optimizer"], same["optimizer.learning_rate"]) == (
        7, 0.9, "adam", None,
    )  # fmt: skip
    assert [run["optimizer.learning_rate"] for run in others] == ["none", 0.01, 0.1]


def test_columns_are_those_that_were_asked_for(listed):
    table = listed("--columns", "optimizer.learning_rate", "seed", "--where", "seed = 1").splitlines()
    assert [line.split() for line in table] == [["optimizer.learning_rate", "seed"], ["0.01", "1"]]


def test_what_nothing_meets_is_said_and_has_its_columns(listed):
    condition = ("--where", "seed > 9")
    assert listed(*condition) == "none of 4 runs meets the condition\n"
    assert listed(*condition, "--format", "csv", "--columns", "seed", "status") == "seed,status\n"
    assert listed(*condition, "--format", "json") == "[]\n"


def test_wide_columns_are_cut_visibly_and_directories_keep_their_end(listed, monkeypatch):
    monkeypatch.setenv("COLUMNS", "64")
    lines = listed().splitlines()
    assert max(map(len, lines)) <= 64
    assert lines[1].rstrip().endswith("/run")
    assert "…" in lines[2]
    assert "2026-02-03 10:11" in lines[2]


def test_a_pipe_gets_whole_lines(listed, monkeypatch, tmp_path):
    monkeypatch.delenv("COLUMNS")
    long = "a" * 200
    run_maker(tmp_path / "outputs")(long, label=long)
    assert f"outputs/{long}" in listed()


def test_control_characters_are_shown_and_markup_is_text(listed, tmp_path):
    directory = run_maker(tmp_path / "outputs")("odd", ["optimizer.name=\x1b[31m"], label="[red]a,\n")
    (directory / "config.yaml").write_text('optimizer: {clip: "\\x9b\\t"}\n')
    (row,) = json.loads(listed("--format", "json", "--columns", "optimizer.clip", "--where", "variant = '[red]a,\\n'"))
    assert row == {"optimizer.clip": r"\x9b\t"}
    for form in ("table", "csv", "json"):
        text = listed("--format", form, "--columns", "variant", "optimizer.name", "--where", "directory = outputs/odd")
        assert "\x1b" not in text
        assert "[red]a," in text
        assert "[31m" in text


def test_configurations_are_read_only_for_keys_that_need_them(listed, monkeypatch):
    monkeypatch.setattr(Values, "_config", lambda *_: pytest.fail("a configuration was read"))
    listed("--where", "optimizer = sgd and status != failed", "--sort", "started")
    listed("--columns", "optimizer", "seed")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "^nowhere: no such directory$"),
        (["--where", "stats = failed"], r"^--where stats: no run has such a column or key; did you mean status\?"),
        (["--where", "seed is 1"], "^--where seed is 1: not understood; write COLUMN OPERATOR VALUE"),
        (["--sort", "sed"], "^--sort sed: no run has such a column or key; did you mean seed"),
        (["--columns", "seed", "outputs"], "^--columns outputs: no run has such a column or key"),
    ],
)
def test_a_wrong_argument_is_named(listed, arguments, message):
    with pytest.raises(UserError, match=message):
        listed(*arguments)


def test_a_list_of_nothing_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"^outputs: no such directory$"):
        list_command([])


def test_variants_have_the_labels_of_a_report_on_all_runs_and_short_forms(listed):
    variants = [row["variant"] for row in rows(listed("--format", "csv"))]
    assert variants == ["run", *(f"optimizer=sgd,optimizer.learning_rate={rate}" for rate in ("null", "1e-2", "0.1"))]
    (row,) = rows(listed("--format", "csv", "--where", "variant = 1e-2"))
    assert row["seed"] == "1"
    with pytest.raises(UserError, match=r"^--where variant sgd: matches several variants: "):
        listed("--where", "variant = sgd")


def test_two_data_sets_of_one_name_are_listed(listed, tmp_path):
    run_maker(tmp_path / "outputs")("other", fingerprint="a" * 64)
    assert "outputs/other" in listed()
