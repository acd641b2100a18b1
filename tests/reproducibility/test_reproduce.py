"""Training of a run from its record: the comparisons, and the command from end to end."""

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from runner.config.identity import run_id
from runner.core.errors import Stopped, UserError
from runner.core.terminal import Terminal
from runner.records.job import Job
from runner.records.record import RunRecord
from runner.records.run_directory import RunDirectory
from runner.reproducibility import reproduce as reproducing
from runner.reproducibility.compare import (
    compare,
    environment_differences,
    reported_numbers,
    up_to_where_it_stopped,
    verdict_text,
)
from runner.reproducibility.reproduce import Original, reproduce, run_of_row
from runner.sweeps import resume as resuming
from runner.sweeps.resume import resume_run
from runner.sweeps.worker import check_job
from tests.composed import config

NAN = math.nan
RECORD = RunRecord(
    run_id="0123456789ab",
    name="run",
    seed=0,
    status="completed",
    choices={},
    overrides=[],
    dataset={"name": "digits", "fingerprint": "aa"},
    device={"kind": "cpu", "intra_op_threads": 1},
    versions={"keras": "3.15.1"},
    code={"commit": "abc", "dirty": False},
    parameters=10,
    started="2026-01-01T00:00:00+00:00",
)


def verdict(before, after, metric="history loss", tolerance=1e-3) -> str:
    comparison = compare({metric: np.asarray(before)}, {metric: np.asarray(after)}, tolerance)
    (one,) = comparison.compared
    assert one.verdict == comparison.verdict
    return one.verdict


@pytest.fixture
def moved(tmp_path, monkeypatch):
    """A run on a table at a relative path, and a current directory other than the one in which it was started."""
    began, here, run = tmp_path / "began", tmp_path / "here", tmp_path / "run"
    for folder in (began, here, run):
        folder.mkdir()
    rows = "".join(f"{number},{number % 3},{number % 2}\n" for number in range(60))
    (began / "own.csv").write_text(f"a,b,label\n{rows}")
    chosen = config("dataset=csv", "dataset.path=own.csv", "training.epochs=1")
    record = replace(RECORD, run_id=run_id(chosen), status="interrupted", working_directory=str(began))
    RunDirectory(run).write_config(yaml.safe_dump(chosen))
    RunDirectory(run).write_history([])
    RunDirectory(run).write_record(record)
    monkeypatch.chdir(here)
    return run, began, chosen


def test_what_is_reproduced_or_resumed_from_another_directory_has_its_relative_paths(moved, monkeypatch, tmp_path):
    run, began, _ = moved
    asked = []

    def note(config, request, *_):
        asked.append((config["dataset"]["path"], request.working_directory))
        return replace(RECORD, status="interrupted")

    monkeypatch.setattr(reproducing, "run_in_new_directory", note)
    monkeypatch.setattr(resuming, "run", note)
    with pytest.raises(Stopped):
        reproduce(Original.read(run), tmp_path / "again", Terminal(), tolerance=0.1)
    with pytest.raises(Stopped):
        resume_run(run, Terminal(), [])
    assert asked == [("own.csv", str(began))] * 2


def test_a_job_of_a_sweep_finds_its_relative_paths_from_another_directory(moved):
    _, began, chosen = moved
    job = Job(run_id(chosen), "a", 0, [], {}, chosen, "a", working_directory=str(began))
    assert check_job((job, "build"), began).error is None
    assert "no such file" in check_job((replace(job, working_directory=None), "build"), began).error


class TestComparison:
    @pytest.mark.parametrize("values", [0.25, [1.0, 0.5], [[0.9, 0.1]], [1.0, NAN], [math.inf, -math.inf], NAN])
    def test_equal_numbers_are_bit_identical_and_nan_equals_nan(self, values):
        assert verdict(values, values) == "bit-identical"

    @pytest.mark.parametrize(
        ("before", "after"), [(0.5, 0.5005), ([1.0, 0.5], [1.0, 0.4995]), ([NAN, 0.5], [NAN, 0.5 + 1e-9])]
    )
    def test_up_to_the_tolerance_is_within_it(self, before, after):
        assert verdict(before, after) == "within tolerance"

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (0.5, 0.502),
            ([0.5, 0.5], [0.502, 0.5]),  # not the last epoch
            ([1.0, NAN], [1.0, 0.5]),
            ([1.0, 0.5], [1.0, NAN]),
            ([math.inf], [-math.inf]),
            ([math.inf], [NAN]),
            ([1.0, 0.5], [1.0, 0.5, 0.25]),  # more epochs
            ([1.0, 0.5], [1.0]),
            ([[0.9, 0.1]], [[0.9, 0.05, 0.05]]),
        ],
    )
    def test_all_else_is_different(self, before, after):
        assert verdict(before, after) == "different"

    def test_the_tolerance_can_be_chosen(self):
        assert verdict(0.5, 0.502, tolerance=0.01) == "within tolerance"
        assert verdict(0.5, 0.5 + 1e-12, tolerance=0) == "different"

    def test_a_learning_rate_has_to_be_near_in_proportion(self):
        assert verdict(1e-4, 5e-4, "history learning_rate") == "different"
        assert verdict(1e-4, 1.0005e-4, "history learning_rate") == "within tolerance"

    def test_the_same_values_in_another_precision_are_not_the_same_bits(self):
        assert verdict(np.float32([0.5]), np.float64([0.5])) == "within tolerance"

    def test_the_gap_is_the_largest_of_all_epochs(self):
        comparison = compare({"history loss": np.array([1.0, 2.0, NAN])}, {"history loss": np.array([1.5, 1.75, NAN])})
        assert comparison.compared[0].gap == 0.5

    def test_a_metric_that_does_not_come_out_again_is_different(self):
        comparison = compare({"test loss": np.array(0.5)}, {})
        assert (comparison.verdict, comparison.compared[0].again) == ("different", "-")

    def test_a_metric_that_the_record_lacks_is_named_and_not_compared(self):
        both = {"test loss": np.array(0.5)}
        comparison = compare(both, both | {"score macro_f1": np.array(0.5)})
        assert comparison.verdict == "bit-identical"
        assert "not compared, because the record lacks them: score macro_f1" in verdict_text(comparison, 1e-3)

    def test_the_verdict_on_a_run_is_the_worst_of_its_metrics(self):
        before = {name: np.array(0.5) for name in ("test loss", "test accuracy", "final loss")}
        assert compare(before, before | {"test accuracy": np.array(0.5004)}).verdict == "within tolerance"
        worse = before | {"test accuracy": np.array(0.5004), "final loss": np.array(0.6)}
        assert compare(before, worse).verdict == "different"

    def test_a_record_without_numbers_is_not_reproduced(self):
        assert compare({}, {"test loss": np.array(0.5)}).verdict == "different"

    def test_of_a_run_that_stopped_the_common_epochs_are_compared(self):
        recorded = {"history loss": np.array([3.0, 2.0]), "final loss": np.array(2.0)}
        again = {"history loss": np.array([3.0, 2.0, 1.0]), "final loss": np.array(1.0), "test loss": np.array(1.0)}
        comparison = compare(*up_to_where_it_stopped(recorded, again))
        assert [one.metric for one in comparison.compared] == ["history loss"]
        assert comparison.verdict == "bit-identical"
        assert comparison.unrecorded == ["test loss"]
        assert compare(*up_to_where_it_stopped({}, again)).compared == []

    def test_a_reports_row_gives_its_metrics_and_no_empty_cell(self):
        row = {"run_id": "ab", "test_loss": "0.5", "val_loss": "", "best_epoch": "2", "train_seconds": "3"}
        assert reported_numbers(row) == {"report test_loss": 0.5}
        with pytest.raises(UserError, match="not a number"):
            reported_numbers({"test_loss": "high"})


def test_only_what_differs_of_the_environment_is_told():
    assert environment_differences(RECORD, RECORD) == []
    now = replace(
        RECORD,
        versions={"keras": "3.16.0"},
        device={"kind": "cpu", "intra_op_threads": 2},
        code={},
        dataset={"name": "digits", "fingerprint": "bb"},
    )
    assert environment_differences(RECORD, now) == [
        ("version keras", "3.15.1", "3.16.0"),
        ("device intra_op_threads", "1", "2"),
        ("code commit", "abc", "-"),
        ("code dirty", "False", "-"),
        ("data fingerprint", "aa", "bb"),
    ]


def test_a_run_gets_the_threads_that_it_had_and_data_from_where_they_are(tmp_path, monkeypatch):
    monkeypatch.setenv("RUNNER_DATA_DIR", "here")
    automatic = {"kind": "auto", "threads": "auto"}
    config = {"device": automatic, "dataset": {"root": str(tmp_path)}}
    on_one = {"kind": "cpu", "intra_op_threads": 1, "inter_op_threads": 1}
    original = Original(tmp_path, replace(RECORD, device=on_one), config, {})
    assert original.config_here() == config | {"device": {"kind": "cpu", "threads": 1}}
    for root in ("/nowhere", "~nobody-of-this-name/mnist"):
        unknown = Original(tmp_path, replace(RECORD, device={}), config | {"dataset": {"root": root}}, {})
        assert unknown.config_here() == {"device": automatic, "dataset": {"root": "here"}}


class TestRow:
    @pytest.fixture
    def report(self, tmp_path) -> Path:
        for name, own in (("a", "1"), ("b", "2"), ("c", "2")):
            (tmp_path / name).mkdir()
            (tmp_path / name / "record.json").write_text(json.dumps(vars(replace(RECORD, run_id=own))))
        (tmp_path / "summary.csv").write_text("run_id,test_loss\n2,0.5\n1,0.25\n2,0.5\n9,0.1\n")
        return tmp_path

    @pytest.mark.parametrize(("row", "directory"), [(1, "b"), (2, "a"), (3, "c")])
    def test_a_row_is_found_by_its_run_id(self, report, row, directory):
        path, cells = run_of_row(report, row)
        assert path == report / directory
        assert set(cells) == {"run_id", "test_loss"}

    @pytest.mark.parametrize("row", [-1, 0, 5])
    def test_a_row_out_of_range_is_refused(self, report, row):
        with pytest.raises(UserError, match=f"--row {row}: .*summary.csv has rows 1 to 4"):
            run_of_row(report, row)

    def test_a_run_that_lies_elsewhere_is_named(self, report):
        with pytest.raises(UserError, match="row 4 is run 9, which is not in or below"):
            run_of_row(report, 4)

    def test_a_report_without_a_summary_is_refused(self, tmp_path):
        with pytest.raises(UserError, match=r"contains no summary\.csv"):
            run_of_row(tmp_path, 1)


class TestRecord:
    """Problems of a run's directory are reported before anything is trained."""

    @pytest.fixture
    def run(self, tmp_path) -> Path:
        (tmp_path / "record.json").write_text(json.dumps(vars(RECORD)))
        return tmp_path

    @pytest.mark.parametrize(
        ("file", "text", "said"),
        [
            ("config.yaml", None, "config.yaml: missing"),
            ("config.yaml", "a: [", "config.yaml: line 2: while parsing a flow"),
            ("config.yaml", "text", "contains no configuration"),
            ("config.yaml", "seed: 0", "training: must be given"),
            ("record.json", "{}", "not a valid run record"),
        ],
    )
    def test_a_file_that_cannot_be_used_is_named(self, run, file, text, said):
        if text is not None:
            (run / file).write_text(text)
        with pytest.raises(UserError, match=said):
            Original.read(run)

    def test_a_directory_without_a_run_is_named(self, tmp_path):
        with pytest.raises(UserError, match="contains no run"):
            Original.read(tmp_path)
        with pytest.raises(UserError, match="no such directory"):
            Original.read(tmp_path / "nowhere")


class TestCommand:
    """The sweep's runs, trained again in separate processes."""

    @pytest.fixture
    def copy(self, finished_sweep, tmp_path) -> Path:
        first = sorted(path.parent for path in finished_sweep.glob("*/record.json"))[0]
        return Path(shutil.copytree(first, tmp_path / "run"))

    def test_a_row_of_a_report_comes_out_bit_identical(self, quick_cli, finished_sweep, tmp_path):
        done = quick_cli("reproduce", "--row", "2", str(finished_sweep), cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "environment: no differences" in done.stdout
        assert "tolerance: 0.001 absolute" in done.stdout
        assert "verdict: bit-identical" in done.stdout
        assert done.stderr == ""
        (out,) = (tmp_path / "outputs" / "reproduced").iterdir()
        assert json.loads((out / "record.json").read_text())["seed"] == 1

    def test_a_tampered_epoch_is_different_and_an_interrupted_run_is_told(self, quick_cli, copy, tmp_path):
        history = (copy / "history.csv").read_text().splitlines()
        epoch, loss, *others = history[1].split(",")
        (copy / "history.csv").write_text("\n".join([history[0], ",".join([epoch, str(float(loss) + 0.01), *others])]))
        record = json.loads((copy / "record.json").read_text())
        record["versions"]["keras"] = "2.0"
        record["dataset"]["fingerprint"] = "f" * 64
        (copy / "record.json").write_text(json.dumps(record | {"status": "interrupted"}))
        done = quick_cli("reproduce", str(copy), "--out", "again", cwd=tmp_path)
        said = " ".join(done.stdout.replace("│", " ").split())
        assert done.returncode == 1, done.stdout + done.stderr
        assert "this run never completed (status interrupted)" in said
        assert "version keras 2.0" in said
        assert "the data differ from the record" in said
        assert "loss 1 epoch 1 epoch 0.01 different" in said
        assert "verdict: different" in said
        again = quick_cli("reproduce", str(copy), "--out", "again", cwd=tmp_path)
        assert again.returncode == 2
        assert "again: already used" in again.stderr

    def test_data_that_are_gone_are_an_error_and_leave_nothing(self, cli, copy, tmp_path):
        config = (copy / "config.yaml").read_text()
        digits = "_target_: runner.data.digits.load_digits"
        assert digits in config
        gone = "\n  ".join(
            ("_target_: runner.data.npz_file.load_npz", "path: gone.npz", "test_size: 0.2", "data_seed: 0",
             "memory_limit_gb: 1")
        )  # fmt: skip
        (copy / "config.yaml").write_text(config.replace(digits, gone))
        done = cli("reproduce", str(copy), "--out", "again", cwd=tmp_path)
        assert done.returncode == 2, done.stdout + done.stderr
        assert "gone.npz" in done.stderr
        assert "config.yaml is not the trained configuration" in " ".join(done.stdout.replace("│", " ").split())
        assert not (tmp_path / "again").exists()
