import os
import platform
import re
from pathlib import Path

import pytest

from runner.records import provenance as module
from runner.records.provenance import machine, operating_system, processor


def test_the_processors_model_is_the_one_that_linux_names(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_CPU_INFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel\t\t: 17\nmodel name\t: Some  CPU @ 2.60GHz\n" * 2)
    assert processor() == "Some CPU @ 2.60GHz"


@pytest.mark.parametrize("told", ["", "processor : 0\nCPU part : 0xd0c\n", None])
def test_where_no_model_is_told_the_architecture_stands_for_it(tmp_path, monkeypatch, told):
    monkeypatch.setattr(module, "_CPU_INFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "processor", lambda: "")
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    if told is not None:
        (tmp_path / "cpuinfo").write_text(told)
    assert processor() == "aarch64"


def test_a_system_without_a_distribution_is_named_by_its_kernel(monkeypatch):
    def nothing():
        raise OSError

    monkeypatch.setattr(platform, "freedesktop_os_release", nothing)
    assert operating_system() == f"{platform.system()} {platform.release()}"


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="Linux tells its memory in /proc/meminfo")
def test_cores_and_memory_are_those_of_this_machine():
    kibibytes = int(re.search(r"MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text())[1])
    assert machine()["memory_gb"] == pytest.approx(kibibytes * 1024 / 1e9, abs=0.06)
    assert machine()["cores"] == len(os.sched_getaffinity(0))
