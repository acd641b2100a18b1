import pytest

from runner.cli.commands.clean import clean_command
from runner.core.errors import UserError


@pytest.mark.parametrize("age", ["30", "d", "-1d", "1y", "1 d", "", "nan", "٣d"])
def test_an_age_without_a_number_or_a_unit_is_refused(age, capsys):
    with pytest.raises(SystemExit) as stopped:
        clean_command(["outputs", f"--older-than={age}"])
    assert stopped.value.code == 2
    assert "must be a number with a unit, s, m, h, d or w (such as 30d)" in capsys.readouterr().err


def test_keep_best_alone_is_refused():
    with pytest.raises(UserError, match="only valid with --models"):
        clean_command(["outputs", "--keep-best"])


@pytest.mark.parametrize(("age", "seconds"), [("90s", 90), ("1.5m", 90), ("12h", 43_200), ("30d", 2_592_000)])
def test_an_age_has_a_unit(age, seconds, monkeypatch):
    wishes = []
    monkeypatch.setattr("runner.sweeps.cleaning.view.clean", lambda _, wish, *__, **___: wishes.append(wish))
    clean_command(["outputs", "--older-than", age])
    assert wishes[0].older_than == seconds


def test_a_missing_directory_gives_one_line_and_exit_code_2(program, tmp_path):
    done = program("clean", "nowhere", "--failed", "--yes", cwd=tmp_path)
    assert (done.code, done.out, done.err) == (2, "", "runner: nowhere: no such directory\n")


def test_a_directory_without_runs_has_nothing_to_remove(program, tmp_path):
    (tmp_path / "empty").mkdir()
    done = program("clean", ".", "--yes", cwd=tmp_path)
    assert (done.code, done.out) == (0, "nothing to remove in .\n")
    assert (tmp_path / "empty").is_dir()
