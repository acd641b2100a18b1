import time, shutil, re, os, psutil
from tests.test_readme import *


def test_times(run_as_typed, workplace, capsys):
    for command in (command for command in COMMANDS if command.startswith("runner")):
        t = time.time()
        done = run_as_typed(command + ADDED.get(command.split()[1], QUICK), workplace)
        with capsys.disabled():
            print(f"{time.time() - t:.1f}", command, len(done.stdout), flush=True)
