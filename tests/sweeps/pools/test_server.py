"""The server process from which workers are forked."""

IN_A_NEW_PROCESS = """
import os
from multiprocessing import forkserver, get_context
from runner.sweeps.pools import server

if __name__ == "__main__":
    server.PRELOAD = "colorsys"  # a short import
    server.stop_server()  # none is running
    server.start_server()
    first = forkserver._forkserver._forkserver_pid
    server.stop_server()
    print(os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT).si_status)
    server.start_server()
    process = get_context("forkserver").Process(target=len, args=((),))
    process.start()
    process.join()
    print(process.exitcode, forkserver._forkserver._forkserver_pid != first)
"""


def test_a_stopped_server_ends_at_once_and_another_can_start(shell, tmp_path):
    (tmp_path / "script.py").write_text(IN_A_NEW_PROCESS)
    done = shell("python script.py", cwd=tmp_path)
    assert done.stdout.split() == ["9", "0", "True"], done.stderr
