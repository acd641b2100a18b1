import pytest

from runner.cli.commands.export import TARGETS, export_command
from runner.core.errors import UserError
from tests.export.conftest import write_run


def test_every_target_is_offered(capsys):
    with pytest.raises(SystemExit):
        export_command(["--help"])
    assert f"one of {', '.join(TARGETS)}" in " ".join(capsys.readouterr().out.split())


def test_a_run_is_written_where_it_was_asked_and_the_file_is_named(tmp_path, monkeypatch, capsys):
    write_run(tmp_path, "alone")
    monkeypatch.chdir(tmp_path)
    export_command(["csv", "alone"])
    assert capsys.readouterr().out.splitlines() == [
        f"alone/export/{name}" for name in ("runs.csv", "metrics.csv", "findings.csv")
    ]
    export_command(["csv", "alone", "alone", "--out", "mine"])
    assert (tmp_path / "mine" / "runs.csv").is_file()
    export_command(["mlflow", "alone", "--out", "folder", "--experiment", "digits"])
    assert capsys.readouterr().out.splitlines()[-1] == (
        "1 run in folder (mlflow ui --backend-store-uri folder shows it)"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["csv", "none"], "none: no such directory"),
        (["csv", "empty"], "empty: no run found (no record.json in or below it)"),
        (["csv", "alone", "--models"], "--models: has no effect on csv; it is for mlflow, wandb"),
        (
            ["tensorboard", "alone", "--out", "x"],
            "--out: has no effect on tensorboard; it is for mlflow, csv, wandb, keras, saved_model, onnx, tflite",
        ),
        (["csv", "alone", "--out", "file"], "--out file: not a directory"),
    ],
)
def test_bad_input_is_one_sentence(tmp_path, monkeypatch, arguments, said):
    write_run(tmp_path, "alone")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as raised:
        export_command(arguments)
    assert str(raised.value) == said


def test_what_is_left_out_is_a_warning(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    (write_run(tmp_path, "alone") / "config.yaml").unlink()
    export_command(["csv", "alone"])
    assert "left out: alone/config.yaml: missing" in capsys.readouterr().out


def test_an_unknown_target_is_an_error_that_lists_the_targets(capsys):
    with pytest.raises(SystemExit) as stopped:
        export_command(["pdf", "outputs"])
    assert stopped.value.code == 2
    assert "'wandb', 'keras', 'saved_model', 'onnx', 'tflite'" in capsys.readouterr().err
