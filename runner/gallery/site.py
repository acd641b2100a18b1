"""The server's responses to requests, without sockets: the gallery, reports, lists of files, and files."""

import hashlib
import ipaddress
import json
import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote, urlsplit

from runner.core.errors import UserError
from runner.gallery.answer import OURS, Answer
from runner.gallery.entries import PAGE, Entries, Key
from runner.gallery.entry import Entry
from runner.gallery.page import gallery_page, has_report, version_of
from runner.gallery.reports import Reports
from runner.gallery.served_files import NotServed, list_files, parts_of, read_file
from runner.gallery.served_pages import follow_page, list_page, message_page

_REST = 2.0  # minimum seconds between two searches of the directory
_SHARE = 10.0  # searches take at most a tenth of the time
_JSON = "application/json"
# A page or drawing on disk may come from anyone, so its scripts may access neither other files nor the network.
_UNTRUSTED = f"sandbox allow-scripts allow-popups; default-src 'none'; img-src data:; style-src 'unsafe-inline'; {OURS}"
_POLICIES = {".html": f"{_UNTRUSTED}; script-src 'unsafe-inline'", ".svg": _UNTRUSTED.replace("allow-scripts ", "")}


@dataclass
class Site:
    """Everything that the server shows about one directory.

    Args:
        hosts: names by which requests may address the server, in addition to IP addresses. Any other name may belong to
            a third-party page whose host name was pointed at this machine after it was loaded (DNS rebinding).
    """

    root: Path
    reports: Reports
    hosts: Iterable[str] = ("localhost",)
    clock: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _entries: Entries = field(init=False)
    _found: tuple[float, list[Entry]] | None = None  # the entries, and the time of the next search

    def __post_init__(self) -> None:
        """Create the site; its entries are read on first use."""
        self._entries = Entries(self.root)

    def answer(self, target: str, host: str | None) -> Answer:
        """Answer a GET request.

        Args:
            target: the path with its query.
            host: the Host header.
        """
        if not self._is_addressed(host):
            return _message(HTTPStatus.MISDIRECTED_REQUEST, "Unknown host name; use the IP address of the server.")
        try:
            path, _, query = target.partition("?")
            return self._answer(path, query)
        except (NotServed, ValueError):
            return _message(HTTPStatus.NOT_FOUND, "Nothing here. The server shows runs, sweeps, studies and reports.")

    def _is_addressed(self, host: str | None) -> bool:
        try:
            name = urlsplit(f"//{host or ''}").hostname or ""
            return name in {*self.hosts} or bool(ipaddress.ip_address(name))
        except ValueError:
            return False

    def _answer(self, path: str, query: str) -> Answer:
        parts = parts_of(path)
        if parts == ("favicon.ico",):  # browsers request it
            return Answer(HTTPStatus.NO_CONTENT)
        entries = {entry.path: entry for entry in self._search()}
        if not parts or (parts == (PAGE,) and self.root not in entries):
            return self._gallery(list(entries.values()), query)
        if parts[-1] == PAGE and (entry := entries.get(self.root.joinpath(*parts[:-1]))):
            return self._report(entry, parts, query)
        try:
            content, kind = read_file(self.root, parts)
        except NotServed:
            return self._list(parts, path, entries)
        return Answer(HTTPStatus.OK, content, kind, _POLICIES.get(Path(parts[-1]).suffix, OURS))

    def _search(self) -> list[Entry]:
        with self._lock:
            began = self.clock()
            if self._found is None or began >= self._found[0]:
                found = self._entries.read()
                ended = self.clock()
                self._found = ended + max(_REST, _SHARE * (ended - began)), found
            return self._found[1]

    def _gallery(self, entries: list[Entry], query: str) -> Answer:
        left_out = [*self._entries.left_out.reasons]
        if query == "version":
            return _json({"version": version_of(entries, left_out)})
        return _page(gallery_page(entries, self.root, self.root, left_out, live=True))

    def _report(self, entry: Entry, parts: tuple[str, ...], query: str) -> Answer:
        """Return the report on disk if it is up to date, otherwise a frame around a new one."""
        if entry.report == "current":
            content, kind = read_file(self.root, parts)
            answer = Answer(HTTPStatus.OK, content, kind, _POLICIES[".html"])
        else:
            answer = _page(follow_page(entry, "../" * (len(parts) - 1) or "./"))
        if query == "version":
            key = self.reports.key(entry.path, self._entries.key(entry.path))
            version = "current" if entry.report == "current" else _hash(key)
            return _json({"version": version, "state": entry.state, "detail": entry.detail})
        if query == "made" and entry.report != "current":
            return self._made(entry)
        return answer

    def _made(self, entry: Entry) -> Answer:
        try:
            page = self.reports.page(entry.path, self._entries.key(entry.path))
        except UserError as error:
            return _message(HTTPStatus.OK, str(error))
        return _page(page)

    def _list(self, parts: tuple[str, ...], path: str, entries: dict[Path, Entry]) -> Answer:
        files, below = list_files(self.root, parts)
        if not path.endswith("/"):
            return Answer(HTTPStatus.MOVED_PERMANENTLY, location=f"./{quote(os.fsencode(parts[-1]))}/")
        entry = entries.get(self.root.joinpath(*parts))
        return _page(
            list_page(parts, files, below, entry, has_report=entry is not None and has_report(entry, live=True))
        )


def _hash(key: Key) -> str:
    return hashlib.sha256(repr(key).encode()).hexdigest()[:16]


def _page(text: str) -> Answer:
    return Answer(HTTPStatus.OK, text.encode())


def _json(value: object) -> Answer:
    return Answer(HTTPStatus.OK, json.dumps(value).encode(), _JSON)


def _message(status: HTTPStatus, text: str) -> Answer:
    return Answer(status, message_page(text).encode())
