import json

import pytest

from runner.core.errors import UserError
from runner.export.finished import finished_sweeps
from tests.export.conftest import write_run


def test_a_sweep_has_its_results_with_the_names_of_its_report_and_its_tuning_runs(study, left_out):
    (sweep,) = finished_sweeps([study], left_out)
    assert sweep.name == "steps"
    assert [(run.variant, run.kind, run.path.name) for run in sweep.runs] == [
        ("plain", "result", "plain0"),
        ("plain", "result", "plain1"),
        ("heavy", "result", "heavy0"),
        ("heavy", "result", "heavy1"),
        ("plain", "tuning", "tuned"),
    ]
    assert sweep.findings[0].startswith("plain (mean test accuracy 75.00%")
    assert any(finding.startswith("Note: 2 seeds are too few") for finding in sweep.findings)
    assert left_out.reasons == []


def test_single_runs_of_a_sweep_have_no_findings(study, left_out):
    (sweep,) = finished_sweeps([study / "plain0", study / "heavy1"], left_out)
    assert [run.path.name for run in sweep.runs] == ["plain0", "heavy1"]
    assert sweep.findings == []


def test_epochs_end_after_the_seconds_that_they_took_and_before_the_run(alone, left_out):
    (sweep,) = finished_sweeps([alone], left_out)
    (run,) = sweep.runs
    assert sweep.path is None
    assert [(seconds - run.began, row["epoch"]) for seconds, row in run.epochs()] == [(10, 1), (20, 2)]
    assert (run.ended - run.began, run.last_epoch) == (60, 2)
    assert [(table.file, len(table.rows)) for table in run.tables] == [("gradients.csv", 2)]  # not the table of steps


def test_a_run_of_two_variants_has_two_places(study, left_out):
    with (study / "plan.csv").open("a") as plan:
        plan.write("final,heavy,plain0\n")
    (sweep,) = finished_sweeps([study], left_out)
    shared = [(run.variant.partition(" ")[0], run.place) for run in sweep.runs if run.path.name == "plain0"]
    assert shared == [("plain", 0), ("heavy", 1)]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"started": "yesterday"}, "not a valid time of a run (Invalid isoformat string: 'yesterday')"),
        ({"status": 3}, "not a valid run record"),
    ],
)
def test_what_cannot_be_read_is_left_out_and_named(study, left_out, values, reason):
    record = study / "plain0" / "record.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | values))
    (sweep,) = finished_sweeps([study], left_out)
    assert len(sweep.runs) == 4
    assert any(str(record) in one and reason in one for one in left_out.reasons)


def test_a_run_without_its_configuration_or_with_a_bad_table_is_exported_without_them(alone, left_out):
    (alone / "config.yaml").unlink()
    (alone / "gradients.csv").write_text("epoch,hidden.gradient\n1,steep\n")
    (sweep,) = finished_sweeps([alone], left_out)
    assert (sweep.runs[0].config, sweep.runs[0].tables) == ({}, [])
    assert [reason.partition(":")[0] for reason in left_out.reasons] == [
        str(alone / name) for name in ("config.yaml", "gradients.csv")
    ]


def test_a_killed_run_has_ended_and_one_in_training_has_not(tmp_path, left_out):
    from runner.core.lock import run_lock

    killed = write_run(tmp_path, "killed", status="running", finished=None)
    (sweep,) = finished_sweeps([killed], left_out)
    assert sweep.runs[0].run.record.status == "interrupted"
    with run_lock(killed), pytest.raises(UserError, match=r"no run to export:\n.*killed: still training"):
        finished_sweeps([killed], left_out)
