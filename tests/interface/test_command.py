"""Commands in a child process; a small script replaces the program where possible."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from runner.core.errors import EXIT_TERMINATED, UserError
from runner.interface import command
from runner.interface.command import run_command

pytestmark = pytest.mark.usefixtures("processes")

REQUEST = "import json, os, signal, sys, time; request = json.loads(sys.stdin.readline())\n"
ENDED = {"exit_code": 0, "message": None, "is_internal": False}
WAITS = """
try:
    open(request['arguments'][0], 'w').close()
    time.sleep(60)
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.fixture
def child(monkeypatch):
    """child(code, outcome) -> replaces the program with a script that writes an outcome and runs the code."""

    def replace(code: str, outcome: dict | None = None) -> None:
        written = f"open(request['outcome'], 'w').write({json.dumps(json.dumps(outcome))})\n" if outcome else ""
        monkeypatch.setattr(command, "_START", REQUEST + written + code)

    return replace


def test_the_directory_and_the_exit_code_come_back(child):
    child("sys.exit(1)", ENDED | {"exit_code": 1, "directory": "/runs/1"})
    outcome = run_command(["optimizer=sgd"])
    assert (outcome.exit_code, outcome.directory) == (1, Path("/runs/1"))


def test_the_child_gets_the_arguments_and_finds_modules_where_the_caller_does(child, monkeypatch, capfd):
    monkeypatch.syspath_prepend("/a/place")
    monkeypatch.setattr(sys, "path", [*sys.path, Path("/ignored")])  # Python searches only paths that are text
    child("print(request['arguments'], request['path'][0])", ENDED)
    run_command(["optimizer=sgd", "name=my run"])
    assert capfd.readouterr().out == "['optimizer=sgd', 'name=my run'] /a/place\n"


def test_a_refusal_is_an_error_with_its_message(child):
    child("sys.exit(2)", ENDED | {"exit_code": 2, "message": "optimizer=adamm: no such option"})
    with pytest.raises(UserError, match=r"^optimizer=adamm: no such option$"):
        run_command(["optimizer=adamm"])


@pytest.mark.parametrize(
    ("code", "outcome", "text"),
    [
        ("sys.exit(1)", ENDED | {"exit_code": 1, "message": "Traceback: bug", "is_internal": True}, "Traceback: bug"),
        ("os.kill(os.getpid(), signal.SIGKILL)", None, r"died \(killed by SIGKILL\)$"),
        ("sys.exit(7)", {"directory": "/runs/1"}, r"died \(exit code 7\); its files are in /runs/1$"),
    ],
)
def test_a_process_that_dies_is_no_error_of_the_user(child, code, outcome, text):
    child(code, outcome)
    with pytest.raises(RuntimeError, match=text):
        run_command(["optimizer=sgd"])


def test_a_notebook_prints_what_the_child_says_on_both_streams(child, monkeypatch):
    child("print('epoch 1', os.environ.get('FORCE_COLOR'), flush=True); print('warning', file=sys.stderr)", ENDED)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setenv("FORCE_COLOR", "1")
    run_command([])
    assert sys.stdout.getvalue() == "epoch 1 None\nwarning\n"


def test_in_a_file_the_output_is_in_the_order_of_the_program(tmp_path, monkeypatch):
    script = f"""
from runner.interface import command
command._START = {REQUEST + f"print('child'); open(request['outcome'], 'w').write({json.dumps(ENDED)!r})"!r}
print('before')
command.run_command([])
print('after')
"""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=tmp_path, check=True)
    assert done.stdout.split() == ["before", "child", "after"]


def test_quiet_shows_nothing(child, capfd):
    child("print('epoch 1'); print('warning', file=sys.stderr)", ENDED)
    run_command([], quiet=True)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("notebook", [False, True])
def test_ctrl_c_interrupts_the_child_once_and_waits_for_it(child, monkeypatch, tmp_path, notebook):
    child(WAITS)
    if notebook:
        monkeypatch.setattr(sys, "stdout", io.StringIO())
    begun = tmp_path / "begun"

    def interrupt() -> None:
        while not begun.exists():
            pass
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        run_command([str(begun)])


def test_the_program_refuses_with_the_text_of_the_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"^optimizer=adamm: no such option; did you mean adam\?"):
        run_command(["optimizer=adamm"])
    assert not list(tmp_path.iterdir())


def test_the_program_composes_a_run_without_training_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = run_command(["dataset=digits", "optimizer=sgd"], composes=True)
    assert outcome.directory is None
    assert outcome.composed["config"]["optimizer"]["_target_"] == "keras.optimizers.SGD"
    assert outcome.composed["request"]["overrides"] == ["dataset=digits", "optimizer=sgd"]
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_the_program_ends_with_its_caller(tmp_path):
    request = {"arguments": ["dataset=digits"], "path": sys.path, "outcome": str(tmp_path / "o"), "composes": False}
    done = subprocess.run(  # run closes the child's standard input, as if the caller had ended
        [sys.executable, "-c", command._START],
        input=json.dumps(request) + "\n",
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == EXIT_TERMINATED
