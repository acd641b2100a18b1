"""Terminal output: a console for untrusted text, wrapped sentences, warnings and a spinner."""

import errno
import os
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.constrain import Constrain
from rich.panel import Panel
from rich.segment import Segment
from rich.text import Text

from runner.core.text import printable

_IN_A_FILE = 1000  # characters in a line outside a terminal, so that names and paths are not broken
_WARNING = 100  # width of a warning's frame, in characters


class Terminal(Console):
    """A console that prints text literally: without markup, and without control characters."""

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, highlight=False, **options)
        self._began_in_one = self.is_terminal  # a closed terminal no longer counts as one
        if not self.is_terminal and "COLUMNS" not in os.environ:
            self.width = _IN_A_FILE

    def _check_buffer(self) -> None:
        try:
            super()._check_buffer()
        except OSError as error:
            if error.errno != errno.EIO or not self._began_in_one:
                raise
            self.on_broken_pipe()

    def on_broken_pipe(self) -> None:
        """Continue silently: nobody reads the output any more, but training continues (rich would exit)."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render with control characters escaped: values may come from untrusted files."""
        for segment in super().render(renderable, options):
            lines = segment.text if segment.control else "\n".join(map(printable, segment.text.split("\n")))
            yield segment._replace(text=lines)


def say(console: Console, text: str, style: str | None = None) -> None:
    """Print a sentence, wrapped between words in a terminal, on one line elsewhere."""
    console.print(text, soft_wrap=not console.is_terminal, style=style)


def show_warning(console: Console, text: str) -> None:
    """Print a prominent warning."""
    console.print(Constrain(Panel(Text(text), title="WARNING", style="bold yellow", expand=False), _WARNING))


def waiting(console: Console, what: str) -> AbstractContextManager[object]:
    """Show a spinner in a terminal during the block, which takes seconds and prints nothing."""
    return console.status(what) if console.is_terminal else nullcontext()
