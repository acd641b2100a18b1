"""Response of the server to a request."""

import hashlib
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Self

HTML = "text/html; charset=utf-8"
OURS = "frame-ancestors 'self'; base-uri 'none'; form-action 'none'"  # in addition to a page's own policy


@dataclass(frozen=True)
class Answer:
    """Status, headers and body of a response."""

    status: HTTPStatus
    body: bytes = b""
    kind: str = HTML
    policy: str = OURS
    location: str = ""
    tag: str = ""  # ETag of the body; "": it is computed from the body

    def unchanged(self) -> Self:
        """Return the response to a browser that already has this body."""
        return replace(self, status=HTTPStatus.NOT_MODIFIED, body=b"", tag=self.headers["ETag"])

    @property
    def headers(self) -> dict[str, str]:
        """All headers; the ETag is a hash of the body."""
        found = {
            "Content-Type": self.kind,
            "Content-Length": str(len(self.body)),
            "Cache-Control": "no-cache",
            "ETag": self.tag or f'"{hashlib.sha256(self.body).hexdigest()[:32]}"',
            "Content-Security-Policy": self.policy,
            "Cross-Origin-Resource-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
        return found | ({"Location": self.location} if self.location else {})
