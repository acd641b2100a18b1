from runner.records.run_directory import RunDirectory
from runner.sweeps.outcome import write_ending
from tests.sweeps import made_up


def test_a_run_whose_worker_died_keeps_its_epochs_where_they_can_be_read(tmp_path):
    job = made_up.job()
    made_up.end(job, tmp_path, "running")
    directory = RunDirectory(job.path(tmp_path))
    directory.write_history(made_up.history(3))
    assert write_ending(job, directory, "failed", "killed").val_accuracy == 0.03
    directory.history_path.write_bytes(b"epoch,val_accuracy\n1\n")
    assert write_ending(job, directory, "failed", "killed").val_accuracy == 0.03
    assert directory.read_record().error == "killed"
