"""`runner compare`: its exit codes, as used by a check in CI."""

import pytest

from runner.cli.commands.compare import compare_command
from runner.core.errors import Stopped, UserError
from tests.reporting.conftest import run_maker

BEFORE = [0.95, 0.952, 0.948, 0.951, 0.953, 0.949, 0.947]


@pytest.fixture
def sides(tmp_path, monkeypatch):
    """sides(loss, seeds=7) -> two directories: the second is worse by about the loss."""
    monkeypatch.setenv("COLUMNS", "80")
    make_run = run_maker(tmp_path)

    def make(loss, seeds=7):
        for seed, value in enumerate(BEFORE[:seeds]):
            make_run(f"a/{seed}", label="sgd", seed=seed, accuracies=[value])
            make_run(f"b/{seed}", label="sgd", seed=seed, accuracies=[value - loss * (1 + seed / 10)])
        return [str(tmp_path / name) for name in "ab"]

    return make


def exit_code(*arguments):
    try:
        compare_command(arguments)
    except Stopped as stopped:
        return stopped.code
    return 0


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        ([], 0),
        (["--fail-if-worse"], 1),
        (["--fail-if-worse", "--margin", "0.5"], 1),
        (["--fail-if-worse", "--margin", "2"], 0),
        (["--fail-if-worse", "--format", "csv"], 1),
    ],
)
def test_it_fails_if_asked_to_and_a_variant_is_worse_beyond_the_margin(sides, flags, code):
    assert exit_code(*sides(0.01), *flags) == code


def test_the_page_is_printed_whole_with_the_conclusion_of_the_table(sides, capsys):
    directories = sides(0.01)
    assert exit_code(*directories, "--fail-if-worse", "--format", "html") == 1
    page = capsys.readouterr().out
    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    exit_code(*directories)
    assert f"<strong>{capsys.readouterr().out.splitlines()[-1]}</strong>" in page


def test_better_does_not_fail(sides):
    assert exit_code(*sides(-0.01), "--fail-if-worse") == 0


@pytest.mark.parametrize(("flags", "code"), [([], 0), (["--margin", "2"], 0), (["--margin", "0.5"], 1)])
def test_too_few_seeds_are_warned_of_and_fail_only_if_every_pair_is_beyond_a_margin(sides, flags, code, capsys):
    assert exit_code(*sides(0.01, seeds=3), "--fail-if-worse", *flags) == code
    said = capsys.readouterr()
    assert "WARNING" in said.err
    assert "3 seeds are too few (6 needed)" in said.err
    assert "WARNING" not in said.out


def test_a_margin_needs_the_flag_that_it_is_for(sides):
    with pytest.raises(UserError, match=r"^--margin 0.1: has an effect only with --fail-if-worse"):
        compare_command([*sides(0.01), "--margin", "0.1"])


@pytest.mark.parametrize("margin", ["-0.1", "nan", "inf", "one"])
def test_a_margin_is_a_number_of_at_least_zero(sides, margin, capsys):
    with pytest.raises(SystemExit) as stopped:
        compare_command([*sides(0.01), "--fail-if-worse", "--margin", margin])
    assert stopped.value.code == 2
    assert f"{margin}: must be a number of at least 0" in capsys.readouterr().err


def test_without_any_run_it_ends_at_once(tmp_path):
    with pytest.raises(UserError, match=r"no run found"):
        compare_command([str(tmp_path), str(tmp_path), "--by", "date"])


def test_the_program_ends_with_the_exit_code(program, sides, tmp_path):
    directories = sides(0.01)
    answer = program("compare", *directories, "--fail-if-worse", cwd=tmp_path)
    assert (answer.code, "Worse." in answer.out) == (1, True)
    assert program("compare", directories[0], cwd=tmp_path).code == 2
