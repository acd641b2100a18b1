"""The server with sockets: methods, addresses, unchanged pages."""

import http.client
import re
import threading

import pytest

from runner.core.errors import UserError
from runner.gallery.reports import Reports
from runner.gallery.server import Server
from runner.gallery.site import Site


@pytest.fixture
def server(outputs):
    """A server that listens on a free port, in a thread."""
    with Server(Site(outputs, Reports(str)).answer, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def ask(server):
    """ask("GET", "/", **headers) -> status, headers and body."""
    connection = http.client.HTTPConnection(*server.server_address, timeout=10)

    def ask(method: str, target: str, **headers: str):
        connection.request(method, target, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()

    yield ask
    connection.close()


def test_a_file_arrives_with_its_headers_and_head_without_its_body(ask, outputs):
    status, headers, body = ask("GET", "/studies/done/summary.csv")
    assert (status, body) == (200, (outputs / "studies" / "done" / "summary.csv").read_bytes())
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Server"] == "runner"
    assert "Access-Control-Allow-Origin" not in headers
    head = ask("HEAD", "/studies/done/summary.csv")
    assert (head[0], head[1]["Content-Length"], head[2]) == (200, str(len(body)), b"")


def test_what_the_browser_has_already_is_not_sent_again(ask):
    tag = ask("GET", "/")[1]["ETag"]
    assert ask("GET", "/", If_None_Match=tag)[::2] == (304, b"")
    assert ask("GET", "/studies/done/summary.csv", If_None_Match=tag)[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "MKCOL"])
def test_nothing_can_be_written(ask, outputs, method):
    before = sorted(outputs.rglob("*"))
    assert ask(method, "/studies/done/summary.csv")[0] == 501
    assert sorted(outputs.rglob("*")) == before


@pytest.mark.parametrize("target", ["/../secret.csv", "//etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/%00"])
def test_a_path_that_a_client_does_not_clean_up_leads_nowhere(ask, target):
    assert ask("GET", target)[0] == 404


def test_another_name_of_this_machine_is_refused(ask):
    assert ask("GET", "/", Host="evil.example")[0] == 421


def test_it_listens_on_this_machine_alone(server):
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", server.url)
    assert server.is_local


def test_a_used_port_is_one_message(server, outputs):
    port = server.server_address[1]
    with pytest.raises(UserError, match=f"--port {port}: in use by another program"):
        Server(Site(outputs, Reports(str)).answer, "127.0.0.1", port)


def test_an_address_elsewhere_is_one_message(outputs):
    with pytest.raises(UserError, match=r"--host 192\.0\.2\.1: not an address of this machine"):
        Server(Site(outputs, Reports(str)).answer, "192.0.2.1", 0)


def test_every_address_is_not_this_machine_alone(outputs):
    with Server(Site(outputs, Reports(str)).answer, "0.0.0.0", 0) as server:
        assert not server.is_local
