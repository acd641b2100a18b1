"""Commands for the gallery: `runner report --index` and `runner serve`."""

import argparse
import socket
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from runner.cli.paths import USUAL_PLACE, path_argument
from runner.core.errors import UserError
from runner.core.paths import refuse_no_directory
from runner.core.terminal import Terminal, show_warning, waiting

LOOPBACK = "127.0.0.1"
USUAL_PORT = 8750
_LAST_PORT = 65535


def index_command(directories: Sequence[Path], out: Path | None) -> None:
    """Write one page for all studies, sweeps and runs in and below a directory; print its path."""
    from runner.gallery.page import write_gallery

    terminal = Terminal()
    with waiting(terminal, "reading the records"):
        written = write_gallery(next(iter(directories), USUAL_PLACE), out)
    terminal.print(str(written), soft_wrap=True)


def serve_command(arguments: Sequence[str]) -> None:
    """Serve a directory's studies, sweeps and runs to a browser, and follow those that are training, until Ctrl-C.

    Raises:
        UserError: if the directory does not exist or the address cannot be used.
    """
    chosen = _parser().parse_args(arguments)
    refuse_no_directory(chosen.directory)
    if not 0 <= chosen.port <= _LAST_PORT:
        raise UserError(f"--port {chosen.port}: must be from 0 to {_LAST_PORT}; 0 chooses a free one")
    from runner.gallery.reports import Maker, Reports
    from runner.gallery.server import Server
    from runner.gallery.site import Site

    directory, host, terminal = chosen.directory, chosen.host, Terminal()
    names = ["localhost"] if host == LOOPBACK else ["localhost", host.lower(), socket.gethostname().lower()]
    with closing(Maker()) as maker, Server(Site(directory, Reports(maker), names).answer, host, chosen.port) as server:
        if not server.is_local:
            show_warning(terminal, f"--host {host}: anybody who can reach this machine can read {directory}")
        terminal.print(f"{directory}: {server.url} (press Ctrl-C to stop)", soft_wrap=True)
        with suppress(KeyboardInterrupt):
            server.serve_forever()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="runner serve", description="Show studies, sweeps and runs in a browser, and follow them as they train."
    )
    parser.add_argument(
        "directory", nargs="?", type=path_argument, default=USUAL_PLACE, metavar="DIR",
        help=f"directory of runs or sweeps (default: {USUAL_PLACE})",
    )  # fmt: skip
    parser.add_argument(
        "--port", type=int, default=USUAL_PORT, help=f"port to listen on; 0 chooses a free one (default: {USUAL_PORT})"
    )
    parser.add_argument(
        "--host", default=LOOPBACK,
        help=f"address to listen on (default: {LOOPBACK}, which only this machine can reach)",
    )  # fmt: skip
    return parser
