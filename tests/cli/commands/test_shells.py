"""Tab completion in a real bash, zsh and fish; each shell completes all lines in one session."""

import os
import pty
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

WAIT = 60  # time limit of one completion in seconds; it takes 0.2 s on an idle machine
KEY = "\x18d"  # Ctrl-X d writes the line
WRITE = {
    "bash": """bind -x '"\\C-xd": printf "%s\\n" "$READLINE_LINE" > asked'""",
    "zsh": "write() { print -r -- \"$BUFFER\" > asked }; zle -N write; bindkey '^Xd' write",
}
START = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}
# Typed line -> the line after Tab, in bash and zsh. Either the completion is unique, or the common prefix of the
# candidates appears.
LINES = {
    "runner vers": "runner version ",
    "runner optimizer=nada": "runner optimizer=nadam ",
    "runner -m optimizer=sgd,nada": "runner -m optimizer=sgd,nadam ",
    "runner training.ep": "runner training.epochs=",
    "runner dataset.split=strat": "runner dataset.split=stratified ",
    "runner 'regularizer=[l2,drop": "runner 'regularizer=[l2,dropout",  # then , or ]
    "runner +clipping.clipn": "runner +clipping.clipnorm=",
    "runner report --wa": "runner report --watch ",
    "runner resume ": "runner resume outputs/studies/mine/",
    "runner diff outputs/studies/mine/optimizer=": "runner diff outputs/studies/mine/optimizer=adam,seed=0/",
    "runner model.init_from=out": "runner model.init_from=outputs/studies/mine/",
    "runner --config-dir my_conf study=de": "runner --config-dir my_conf study=decay ",
    "./runner study=smo": "./runner study=smoke ",
}
OF_ONE_SHELL = {
    "bash": {
        "runner ~optimizer.learn": "runner ~optimizer.learning_rate ",
        "runner regularizer=[l2,drop": "runner regularizer=[l2,dropout",
        "runner dataset=npz dataset.path=own": "runner dataset=npz dataset.path=own_data.npz",
        "cd /; PAGER= runner optimizer=nada": "cd /; PAGER= runner optimizer=nadam ",
    },
    "zsh": {
        "runner '~optimizer.learn": "runner '~optimizer.learning_rate' ",  # after an unquoted ~, zsh completes users
        "runner regularizer=\\[l2,drop": "runner regularizer=\\[l2,dropout",  # an unquoted [ begins a pattern
        "runner dataset=npz dataset.path=own": "runner dataset=npz dataset.path=own_data.npz ",
    },
}


def skip_without(shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    """A directory with results, options and a `runner` of this environment."""
    program = tmp_path / "runner"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m runner "$@"\n')
    program.chmod(0o755)
    run = tmp_path / "outputs/studies/mine/optimizer=adam,seed=0"
    run.mkdir(parents=True)
    for file in (run / "record.json", run.parent / "plan.json", tmp_path / "own_data.npz"):
        file.touch()
    (tmp_path / "my_conf/study").mkdir(parents=True)
    (tmp_path / "my_conf/study/decay.yaml").write_text("variants: {a: []}\n")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Session:
    """An interactive shell in a pseudo-terminal."""

    def __init__(self, shell: str, script: str) -> None:
        os.mkfifo("asked")
        self.answers = os.open("asked", os.O_RDWR)
        terminal, inside = pty.openpty()
        self.terminal = terminal
        self.process = subprocess.Popen(
            START[shell], stdin=inside, stdout=inside, stderr=inside, start_new_session=True
        )
        os.close(inside)
        self.type(f'eval "$(runner completion {script})"\n{WRITE[shell]}\necho ready > asked\n')
        assert self.answer() == "ready"

    def type(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def answer(self) -> str:
        """Return the line that the shell writes next, and read its other output."""
        shown = b""
        while True:
            ready, _, _ = select.select([self.answers, self.terminal], [], [], WAIT)
            assert ready, f"no answer; the terminal shows {shown.decode(errors='replace')}"
            if self.answers in ready:
                return os.read(self.answers, 10_000).decode().removesuffix("\n")
            shown += os.read(self.terminal, 10_000)

    def completed(self, line: str) -> str:
        """Return the line after a Tab."""
        self.type(f"\x15{line}\t{KEY}")
        return self.answer()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)
        os.close(self.answers)


@contextmanager
def session(shell: str, script: str) -> Iterator[Session]:
    opened = Session(shell, script)
    try:
        yield opened
    finally:
        opened.close()


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_tab_completes_the_line(shell, place, processes):
    skip_without(shell)
    expected = LINES | OF_ONE_SHELL[shell]
    with session(shell, shell) as opened:
        assert {line: opened.completed(line) for line in expected} == expected


def test_the_script_of_bash_works_in_zsh(place, processes):
    """`eval "$(runner -sc install=bash)"` is the line that Hydra's manual gives."""
    skip_without("zsh")
    with session("zsh", "bash") as opened:
        assert opened.completed("runner optimizer=nada") == "runner optimizer=nadam "


FISH = {
    "runner vers": ["version"],
    "runner optimizer=nada": ["optimizer=nadam"],
    "runner training.ep": ["training.epochs="],
    "runner 'regularizer=[l2,drop": ["regularizer=[l2,dropout,", "regularizer=[l2,dropout]"],
    "runner ~optimizer.learn": ["~optimizer.learning_rate"],
    "runner resume ": ["outputs/studies/mine/"],
    "runner dataset.path=own": ["dataset.path=own_data.npz"],
    "runner --config-dir my": ["my_conf/"],
    "runner --config-dir my_conf study=de": ["study=decay"],
}


def test_fish_offers_the_completions(place, shell):
    skip_without("fish")
    lines = " ".join(f'"{line}"' for line in FISH)
    (place / "ask.fish").write_text(
        f"runner completion fish | source; for line in {lines}; complete -C $line; echo -; end"
    )
    done = shell(f"PATH={place}:$PATH HOME={place} fish --no-config ask.fish", cwd=place)
    answers = [answer.split() for answer in done.stdout.split("-\n")[:-1]]
    assert dict(zip(FISH, answers, strict=True)) == FISH, done.stderr
