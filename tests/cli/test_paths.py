import pytest

from runner.cli.dispatch import run_command


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("bundle", ["", "-o", "out.zip"]),
        ("bundle", ["run", "-o", ""]),
        ("clean", ["", "--failed", "--yes"]),
        ("compare", ["run", ""]),
        ("diff", ["run", ""]),
        ("ensemble", [""]),
        ("ensemble", ["run", "--out", ""]),
        ("list", [" "]),
        ("report", [""]),
        ("report", ["run", "--out", ""]),
        ("reproduce", [""]),
        ("reproduce", ["run", "--out", ""]),
        ("resume", [""]),
        ("status", [""]),
        ("verify", ["--out", ""]),
    ],
)
def test_an_empty_path_is_not_the_current_directory(command, arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        run_command(command, arguments)
    assert stopped.value.code == 2
    assert "a path is empty; is a shell variable unset?" in capsys.readouterr().err
