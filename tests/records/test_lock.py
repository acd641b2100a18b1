import subprocess
import sys

import pytest

from runner.config.errors import UserError
from runner.records.lock import Locked, is_locked, run_lock

HOLD = """
import sys
from pathlib import Path
from runner.records.lock import run_lock
with run_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_one_process_at_a_time(tmp_path, holder):
    assert is_locked(tmp_path)
    with pytest.raises(Locked, match="another process is at this run") as caught, run_lock(tmp_path):
        pass
    assert isinstance(caught.value, UserError)  # one message, whichever command it was
    holder.communicate()
    with run_lock(tmp_path):
        assert is_locked(tmp_path)
    assert not is_locked(tmp_path)


def test_a_lock_whose_holder_was_killed_is_free(tmp_path, holder):
    holder.kill()
    holder.wait()
    assert (tmp_path / ".lock").exists()
    assert not is_locked(tmp_path)
    with run_lock(tmp_path):
        pass


def test_who_waits_gets_it_when_the_holder_ends(tmp_path, holder):
    holder.stdin.close()
    with run_lock(tmp_path, wait=True):
        assert holder.wait() == 0


def test_nothing_is_left_behind(tmp_path):
    with run_lock(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []
    assert not is_locked(tmp_path / "nowhere")
