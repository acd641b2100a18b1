"""Commands about the gallery: `runner report --index` and `runner serve`."""

from collections.abc import Sequence
from pathlib import Path

from runner.cli.paths import USUAL_PLACE
from runner.core.terminal import Terminal, waiting


def index_command(directories: Sequence[Path], out: Path | None) -> None:
    """Write one page over all studies, sweeps and runs in and below a directory; print its path."""
    from runner.gallery.page import write_gallery

    terminal = Terminal()
    with waiting(terminal, "reading the records"):
        written = write_gallery(next(iter(directories), USUAL_PLACE), out)
    terminal.print(str(written), soft_wrap=True)
