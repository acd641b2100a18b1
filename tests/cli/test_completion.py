"""What Tab offers, asked for as bash asks: in a prompt nothing but words may come out."""

import re

import pytest

from runner.cli.commands import COMMANDS
from runner.cli.completion import BASH, completions, shown_completions


def offered(line: str) -> list[str]:
    """What bash would be offered behind a line."""
    *words, current = line.split(" ")
    return completions(words, current)


@pytest.mark.parametrize(
    ("typed", "among"),
    [
        ("rep", ["report ", "reproduce "]),
        ("h", ["help "]),
        ("vers", ["version "]),
        ("help rep", ["report ", "reproduce "]),
        ("opt", ["optimizer.", "optimizer="]),
        ("optimizer=nada", ["optimizer=nadam "]),
        ("launcher=s", ["launcher=slurm "]),
        ("training.ep", ["training.epochs="]),
        ("model=cnn model.ker", ["model.kernel_size="]),
        ("model=cn", ["model=cnn ", "model=cnn_batchnorm ", "model=cnn_modern "]),
        ("-m optimizer=sgd,nada", ["optimizer=sgd,nadam "]),
        ("regularizer=", ["regularizer=["]),
        ("regularizer=[drop", ["regularizer=[dropout"]),
        ("regularizer=[l2,drop", ["regularizer=[l2,dropout"]),
        ("regularizer=[l2,dropout", ["regularizer=[l2,dropout,", "regularizer=[l2,dropout] "]),
        ("dry_run=", ["dry_run=false ", "dry_run=true "]),
        ("training.batch_size=", ["training.batch_size=64 "]),
        ("report --wa", ["--watch "]),
        ("resume --", ["--fail-fast ", "--help ", "--workers "]),
        ("verify keras_m", ["keras_mlp "]),
        ("ablate base=experiment/smo", ["base=experiment/smoke "]),
        ("ablate drop=schedule,regularizer.l2", ["drop=schedule,regularizer.l2 "]),
        (
            "ablate d",
            ["dataset.", "dataset=", "device.", "device=", "diagnostics.", "diagnostics=", "drop=", "dry_run="],
        ),
        ("--multi", ["--multirun "]),
        ("report out", []),
        ("nothing.like.this", []),
        ("optimizer=adamm optimizer.learn", ["optimizer.learning_rate="]),
        ("nosuch=", []),
    ],
)
def test_what_is_offered(typed, among):
    assert offered(typed) == among


def test_an_option_that_is_in_the_list_is_not_offered_twice():
    assert "regularizer=[l2,l2" not in offered("regularizer=[l2,l")
    assert "regularizer=[l2,l1" in offered("regularizer=[l2,l")


def test_options_of_the_users_own_directory_are_offered(tmp_path):
    (tmp_path / "optimizer").mkdir()
    (tmp_path / "optimizer" / "minefield.yaml").write_text("_target_: keras.optimizers.SGD\nfuse_length: 3\n")
    flag = f"--config-dir={tmp_path}"
    assert offered(f"{flag} optimizer=minef") == ["optimizer=minefield "]
    assert offered(f"{flag} optimizer=minefield optimizer.fuse") == ["optimizer.fuse_length="]


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_the_flags_are_those_of_the_command(program, tmp_path, command):
    shown = set(re.findall(r"--[a-z-]+", program(command, "--help", cwd=tmp_path).out)) - {"--help", "--full"}
    assert shown == set(COMMANDS[command].flags)


@pytest.mark.parametrize(
    "line", ["runner report out", "runner 'model.hidden_units=[6", 'runner "', "", "runner a=b=[c", "runner ="]
)
@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_whatever_is_typed_nothing_but_words_comes_out(monkeypatch, capfd, line, shell):
    monkeypatch.setenv("COMP_LINE", line)
    monkeypatch.setenv("COMP_POINT", str(len(line)))
    text = shown_completions(shell)
    assert "not an override" not in text
    assert capfd.readouterr() == ("", "")


def test_what_lies_behind_the_cursor_does_not_count(monkeypatch):
    monkeypatch.setenv("COMP_LINE", "runner 'regularizer=[l2,gaussian optimizer=adam")
    monkeypatch.setenv("COMP_POINT", str(len("runner 'regularizer=[l2,gaussian")))
    assert shown_completions("bash") == "regularizer=[l2,gaussian_noise\n"


def test_where_bash_completes_files_other_shells_are_given_directories(monkeypatch, tmp_path):
    (tmp_path / "outputs" / "runs").mkdir(parents=True)
    (tmp_path / "outputs" / "file").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COMP_LINE", "runner report outputs/")
    monkeypatch.delenv("COMP_POINT", raising=False)
    assert (shown_completions("bash"), shown_completions("fish")) == ("", "outputs/runs/\n")


def test_bash_offers_what_the_program_says(shell, tmp_path):
    """The script itself, with a program that answers at once."""
    (tmp_path / "runner").write_text('#!/bin/sh\n[ "$1 $2" = "-sc query=bash" ] && printf "a=[b,c] \\n$COMP_LINE\\n"\n')
    (tmp_path / "runner").chmod(0o755)
    script = f"""{BASH["install=bash"]}
    COMP_LINE="runner x" COMP_POINT=8 COMP_WORDS=({tmp_path}/runner x) COMP_CWORD=1
    _runner_complete
    printf "<%s>" "${{COMPREPLY[@]}}"
    {BASH["uninstall=bash"]}
    ! complete -p runner 2>/dev/null"""
    done = shell(script, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "<a=[b,c] ><runner x>", "")
