"""Commands in a child process, because threads and device must be set before TensorFlow starts.

The child is a fresh interpreter. It never imports the calling script, so the script needs no
`if __name__ == "__main__"`.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from runner.core.errors import EXIT_ENVIRONMENT, EXIT_INTERRUPTED, EXIT_TERMINATED, EnvironmentFault, UserError

# The child gets the caller's search path for modules.
_START = """
import json, sys
request = json.loads(sys.stdin.buffer.readline())
sys.path[:] = request["path"]
from runner.interface.child import main
sys.exit(main(request))
"""


# A notebook sets these variables, but cannot show output that moves the cursor.
_AS_A_TERMINAL = ("FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE", "TTY_INTERACTIVE")


@dataclass(frozen=True)
class Outcome:
    """Results of a command that was not rejected."""

    exit_code: int
    directory: Path | None = None  # directory of the run or sweep that it started
    composed: dict[str, Any] = field(default_factory=dict)  # `config` and `request` of a run that was not trained


def run_command(arguments: Sequence[str], *, quiet: bool = False, composes: bool = False) -> Outcome:
    """Run a command as the command line does, and wait until it ends.

    Args:
        quiet: show no progress and no warnings.
        composes: return the configuration of a run instead of training it.

    Raises:
        UserError: if the command is rejected; the error contains its message.
        KeyboardInterrupt: if the command was interrupted.
        RuntimeError: if the process died, or an error in the program ended it.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder) / "outcome.json"
        places = [place for place in sys.path if isinstance(place, str)]  # the import system ignores other entries
        request = {"arguments": [*arguments], "path": places, "outcome": str(file), "composes": composes}
        code = _wait(request, quiet=quiet)
        outcome = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    if code in (EXIT_INTERRUPTED, EXIT_TERMINATED, -signal.SIGINT):
        raise KeyboardInterrupt
    if "exit_code" not in outcome:
        raise RuntimeError(f"the process of `runner {' '.join(arguments)}` died ({_how(code)}){_place(outcome)}")
    if outcome["message"] is not None:
        kind = RuntimeError if outcome["is_internal"] else EnvironmentFault if code == EXIT_ENVIRONMENT else UserError
        raise kind(outcome["message"])
    directory = outcome.get("directory")
    return Outcome(code, Path(directory) if directory else None, outcome.get("composed", {}))


def _wait(request: dict[str, Any], *, quiet: bool) -> int:
    """Run the child to its end and return its exit code; each KeyboardInterrupt is passed on to it as SIGINT."""
    # A notebook's standard output is not a file, so this process reads and prints the child's output.
    is_file = sys.stdout is sys.__stdout__ and sys.stderr is sys.__stderr__
    output = subprocess.DEVNULL if quiet else None if is_file else subprocess.PIPE
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.flush()  # the child writes to the same file, after the caller's own output
    with subprocess.Popen(
        [sys.executable, "-c", _START],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        env={name: value for name, value in os.environ.items() if is_file or name not in _AS_A_TERMINAL},
        encoding="utf-8",
        errors="replace",
        process_group=0,  # a Ctrl-C in the terminal must reach the child once, through this process
    ) as child:
        assert child.stdin
        child.stdin.write(json.dumps(request) + "\n")
        child.stdin.flush()
        while True:
            try:
                _print_lines(child.stdout)
                return child.wait()
            except KeyboardInterrupt:
                child.send_signal(signal.SIGINT)


def _print_lines(lines: IO[str] | None) -> None:
    for line in lines or ():
        sys.stdout.write(line)
        sys.stdout.flush()


def _how(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _place(outcome: dict[str, Any]) -> str:
    return f"; its files are in {outcome['directory']}" if "directory" in outcome else ""
