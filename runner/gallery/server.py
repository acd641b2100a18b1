"""HTTP server of the gallery: read-only, and by default reachable only from this machine."""

import errno
import ipaddress
import logging
import socket
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer

from runner.core.errors import UserError
from runner.gallery.answer import Answer

_LOG = logging.getLogger(__name__)
_SECONDS = 30  # time limit for a request to arrive, because an open connection occupies a thread


class Server(ThreadingHTTPServer):
    """HTTP server of a site.

    Args:
        answer: function that answers a request, from its target and its Host header.
    """

    daemon_threads = True

    def __init__(self, answer: Callable[[str, str | None], Answer], host: str, port: int) -> None:
        """Listen on an address; port 0 chooses a free port.

        Raises:
            UserError: if the address cannot be used.
        """
        self.answer = answer
        try:
            family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            self.address_family = family
            super().__init__((str(address[0]), port), _Handler)
        except OSError as error:
            raise UserError(_refused(host, port, error)) from error

    def server_bind(self) -> None:
        """Bind without a lookup of the machine's name, which may take seconds."""
        TCPServer.server_bind(self)

    def handle_error(self, *_: object) -> None:
        """Log an internal error; a browser that disconnects is not an error."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            _LOG.error("a request could not be answered", exc_info=True)

    @property
    def url(self) -> str:
        """Address of the gallery."""
        host, port = str(self.server_address[0]), self.server_address[1]
        return f"http://{f'[{host}]' if self.address_family == socket.AF_INET6 else host}:{port}/"

    @property
    def is_local(self) -> bool:
        """True if only this machine can reach the server."""
        return ipaddress.ip_address(str(self.server_address[0])).is_loopback


def _refused(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"--port {port}: in use by another program; choose another one (--port 0 finds a free one)"
    if error.errno == errno.EACCES:
        return f"--port {port}: not allowed for this user; choose one above 1023"
    return f"--host {host}: not an address of this machine ({error.strerror}); 127.0.0.1 is the usual one"


class _Handler(BaseHTTPRequestHandler):
    # All other methods are refused with 501.
    server: Server
    timeout = _SECONDS
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._send(self._answered())

    def do_HEAD(self) -> None:
        self._send(self._answered(), with_body=False)

    def _answered(self) -> Answer:
        answer = self.server.answer(self.path, self.headers.get("Host"))
        known = self.headers.get("If-None-Match")
        return answer.unchanged() if known == answer.headers["ETag"] else answer

    def _send(self, answer: Answer, *, with_body: bool = True) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(answer.body)

    def version_string(self) -> str:
        return "runner"

    def log_message(self, *_: object) -> None:
        """Suppress the log line for each request."""
