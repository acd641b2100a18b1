"""`runner serve`: addresses, warnings and exit."""

import signal
import subprocess
import urllib.request
from http.server import ThreadingHTTPServer

import pytest

from runner.cli.commands.gallery import serve_command
from runner.core.errors import UserError


@pytest.fixture
def interrupted(monkeypatch):
    """Send Ctrl-C as soon as the server listens."""

    def serve_forever(_: ThreadingHTTPServer) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ThreadingHTTPServer, "serve_forever", serve_forever)


@pytest.mark.usefixtures("interrupted")
def test_it_says_where_it_is_and_warns_if_others_can_reach_it(tmp_path, capsys):
    serve_command([str(tmp_path), "--port", "0"])
    alone = capsys.readouterr().out
    assert alone.startswith(f"{tmp_path}: http://127.0.0.1:")
    assert "WARNING" not in alone
    serve_command([str(tmp_path), "--port", "0", "--host", "0.0.0.0"])
    reachable = capsys.readouterr().out
    assert "WARNING" in reachable
    assert "--host 0.0.0.0: anybody who can reach this machine" in reachable


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "nowhere: no such directory"),
        ([".", "--port", "70000"], "--port 70000: must be from 0 to 65535"),
        ([".", "--port", "-1"], "--port -1: must be from 0 to 65535"),
        ([".", "--host", "no such host"], "--host no such host: not an address of this machine"),
    ],
)
def test_a_wrong_argument_is_one_message(arguments, said):
    with pytest.raises(UserError, match=said):
        serve_command(arguments)


def test_ctrl_c_ends_it_with_0(spawn, tmp_path):
    served = spawn("serve", ".", "--port", "0", cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    url = served.stdout.readline().split()[1]
    with urllib.request.urlopen(url, timeout=30) as answer:
        assert b"No study, sweep or run yet." in answer.read()
    served.send_signal(signal.SIGINT)
    assert served.communicate(timeout=30) == ("", "")
    assert served.returncode == 0
