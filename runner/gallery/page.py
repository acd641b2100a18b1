"""Page of the gallery: one file that fetches nothing; the server's version also polls the server for changes."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from runner.core.errors import UserError
from runner.core.paths import refuse_file, refuse_no_directory
from runner.core.read import read_bytes
from runner.core.text import printable
from runner.core.write import write_text
from runner.gallery.drawings import bars, bars_axis, caption_of, curves_drawing
from runner.gallery.entries import PAGE, Entries
from runner.gallery.entry import KINDS, Entry, Finding, Findings, State
from runner.reporting.comparison.decision import BETTER, EQUIVALENT, UNDECIDED, WORSE
from runner.reporting.page.assets import source_hash, template_of
from runner.reporting.page.forest_layout import SYMBOLS

OTHER_PAGE = "gallery.html"  # used if another page has the usual name
_MARK = b'<meta name="generator" content="runner gallery">'
_LARGEST = 64 * 2**20  # largest size of an earlier gallery, in bytes
_MOST_ROWS = 12
_BY_VERDICT = (BETTER, WORSE, EQUIVALENT, UNDECIDED)
_WITHOUT_REPORT: tuple[State, ...] = ("planned", "unreadable")  # states with nothing to report


@dataclass(frozen=True)
class Group:
    """Findings on one data set, each with the SVG of its bar, and the SVG of their common axis."""

    rows: Sequence[tuple[Finding, str]]
    axis: str


@dataclass(frozen=True)
class Card:
    """An entry with its addresses and drawings."""

    entry: Entry
    anchor: str
    path: str
    directory: str  # address
    link: str  # address of the report; "" without a report
    commands: Sequence[str]
    groups: Sequence[Group]
    has_bars: bool
    verdict: int  # place in the order by verdict: better, worse, equivalent, undecided, none
    more: int  # number of rows that are not shown
    curves: str  # SVG of the curves
    caption: str


def write_gallery(root: Path, out: Path | None = None) -> Path:
    """Write the gallery of a directory; return its path.

    Args:
        out: directory of the page; None: the directory itself. The page is index.html, or gallery.html if that
            name belongs to another page.

    Raises:
        UserError: if the directory does not exist, or both names belong to other pages.
    """
    refuse_no_directory(root)
    place = out or root
    refuse_file(place)
    path = next((path for name in (PAGE, OTHER_PAGE) if _may_replace(path := place / name)), None)
    if path is None:
        raise UserError(
            f"{place}: contains other pages named {PAGE} and {OTHER_PAGE}; choose another directory (--out DIR)"
        )
    entries = Entries(root)
    found = entries.read()
    place.mkdir(parents=True, exist_ok=True)
    write_text(path, gallery_page(found, root, place, entries.left_out.reasons))
    return path


def _may_replace(path: Path) -> bool:
    """Return whether a file does not exist or is an earlier gallery."""
    try:
        return _MARK in read_bytes(path, _LARGEST)
    except FileNotFoundError:
        return True
    except ValueError:
        return False


def gallery_page(
    entries: Sequence[Entry], root: Path, place: Path, left_out: Sequence[str], *, live: bool = False
) -> str:
    """Return the page's text. All text from files is escaped.

    Args:
        root: the directory of the entries.
        place: directory of the page; its links are relative to it.
        live: whether the page is for the server, which generates a report for every entry; a script polls for changes.
    """
    style = part("gallery.css")
    script = part("gallery.js") + (part("live.js") if live else "")
    cards = [_card(entry, root, place, live=live) for entry in entries]
    sections = [
        (kind, heading, own) for kind, heading in KINDS.items() if (own := [c for c in cards if c.entry.kind == kind])
    ]
    fetches = "connect-src 'self'; " if live else ""
    return template_of(part("gallery.html")).render(
        title=f"Studies, sweeps and runs in {printable(root.resolve().name)}",
        summary=_summary(entries),
        sections=sections,
        symbols=SYMBOLS,
        left_out=left_out,
        live=live,
        version=version_of(entries, left_out),
        policy=f"default-src 'none'; {fetches}style-src '{source_hash(style)}'; script-src '{source_hash(script)}'",
        style=style,
        script=script,
    )


def has_report(entry: Entry, *, live: bool) -> bool:
    """Return whether an entry has a report, or the server can make one."""
    return entry.report != "none" or (live and entry.kind != "report" and entry.state not in _WITHOUT_REPORT)


def version_of(entries: Sequence[Entry], left_out: Sequence[str]) -> str:
    """Return a hash of the page's contents."""
    return hashlib.sha256(repr((entries, left_out)).encode()).hexdigest()[:16]


def _summary(entries: Sequence[Entry]) -> str:
    states = [entry.state for entry in entries]
    counts = [f"{states.count(state)} {state}" for state in dict.fromkeys(states)]
    number = "1 entry" if len(entries) == 1 else f"{len(entries)} entries"
    return f"{number}{': ' * bool(counts)}{', '.join(counts)}"


def _card(entry: Entry, root: Path, place: Path, *, live: bool) -> Card:
    found = entry.findings.rows
    groups = _groups(entry.findings)
    words = {row.word for row in found}
    path = os.path.relpath(entry.path, root)
    directory = f"{quote(os.fsencode(os.path.relpath(entry.path.resolve(), place.resolve())))}/"
    curves = entry.curves
    return Card(
        entry=entry,
        anchor=f"entry-{hashlib.sha256(os.fsencode(path)).hexdigest()[:10]}",
        path=printable(path),
        directory=f"./{directory}",
        link=f"./{directory}{PAGE}" if has_report(entry, live=live) else "",
        commands=[command for command in entry.commands if not (live and command.startswith("runner report"))],
        groups=groups,
        has_bars=any(row.estimate for row in found),
        verdict=next((rank for rank, word in enumerate(_BY_VERDICT) if word in words), len(_BY_VERDICT)),
        more=max(0, len(found) - _MOST_ROWS),
        curves=curves_drawing(curves) if curves else "",
        caption="" if curves is None else caption_of(curves),
    )


def _groups(findings: Findings) -> list[Group]:
    """Return the first findings by data set, because each data set has its own axis."""
    groups, room = [], _MOST_ROWS
    for dataset in dict.fromkeys(row.dataset for row in findings.rows):
        own = [row for row in findings.rows if row.dataset == dataset]
        rows = [*zip(own, bars(own), strict=True)][:room]
        has_axis = any(row.estimate for row, _ in rows)
        if rows:
            groups.append(Group(rows, bars_axis(own, findings.metric) if has_axis else ""))
        room -= len(rows)
    return groups


def part(name: str) -> str:
    """Return a style sheet, a script or a template of this folder."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
