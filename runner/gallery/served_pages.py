"""Pages that only the server has: a frame that follows a report, a list of files, a message."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from runner.core.text import printable
from runner.gallery.entry import Entry
from runner.gallery.page import part
from runner.reporting.page.assets import source_hash, template_of


def follow_page(entry: Entry, home: str) -> str:
    """Return a page that shows a report in a frame, and loads the frame again when the report has changed.

    The report keeps its own content policy, which forbids all requests.

    Args:
        home: address of the gallery.
    """
    script = part("follow.js")
    return _rendered(
        "follow.html", title=entry.title, entry=entry, home=home, script=script, script_hash=source_hash(script)
    )


def list_page(
    parts: Sequence[str], files: Sequence[str], below: Iterable[str], entry: Entry | None, *, has_report: bool
) -> str:
    """Return the page of a directory: its files that are served, its pictures, and the runs below it."""
    pictures = [name for name in files if Path(name).suffix == ".png"]
    return _rendered(
        "list.html",
        title=printable("/".join(parts)),
        home="../" * len(parts),
        report=has_report,
        entry=entry,
        files=_linked(files),
        below=_linked(below, "/"),
        pictures=_linked(pictures),
    )


def message_page(text: str) -> str:
    """Return a page with one sentence."""
    nothing: dict[str, Any] = dict.fromkeys(("home", "report", "entry", "files", "below", "pictures"))
    return _rendered("list.html", title=printable(text), **nothing)


def _linked(names: Iterable[str], end: str = "") -> list[tuple[str, str]]:
    return [(printable(name), f"./{quote(os.fsencode(name))}{end}") for name in names]


def _rendered(name: str, **values: Any) -> str:
    style = part("gallery.css")
    return template_of(part(name)).render(style=style, style_hash=source_hash(style), **values)
