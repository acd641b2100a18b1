"""Child process of the Python interface: runs one command and records its outcome."""

import os
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from runner.cli.main import Ending, prepare_process, run_arguments
from runner.cli.observer import Observer
from runner.core.errors import EXIT_INTERRUPTED
from runner.core.signals import Termination
from runner.core.write import write_json


def main(request: Mapping[str, Any]) -> int:
    """Run the command of a request; return its exit code.

    Args:
        request: `arguments`, as on the command line; `outcome`, the file to write; `composes`, whether to return a
            run's configuration instead of training it.
    """
    outcome: dict[str, Any] = {}
    file = Path(request["outcome"])

    def begun(directory: Path) -> None:
        outcome["directory"] = str(directory.absolute())
        write_json(file, outcome)

    def composed(config: dict[str, Any], asked: Any) -> None:
        outcome["composed"] = {"config": config, "request": asdict(asked) | {"directory": str(asked.directory)}}

    sys.argv = ["runner", *request["arguments"]]
    prepare_process()
    with Termination() as termination:
        try:
            threading.Thread(target=_end_with_parent, daemon=True).start()
            ending = run_arguments(sys.argv[1:], Observer(begun, composed if request["composes"] else None))
        except KeyboardInterrupt:  # interrupted before the command started
            ending = Ending(EXIT_INTERRUPTED)
        code = termination.exit_code(ending.exit_code)
        write_json(file, outcome | asdict(ending) | {"exit_code": code})
    return code


def _end_with_parent() -> None:
    """Interrupt this process when standard input closes, which means that the parent has ended."""
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
