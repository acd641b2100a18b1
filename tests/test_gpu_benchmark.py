"""`make gpu`, rehearsed on the CPU, because the test machines have no GPU."""

import sys
from dataclasses import dataclass

import numpy as np
import pytest

from tests.benchmarks import gpu, gpu_lab
from tests.benchmarks.gpu_lab import Failed, Lab, Trained


def test_without_a_gpu_it_says_so_and_exits_with_2(monkeypatch, capsys):
    monkeypatch.setattr(gpu, "gpu_name", lambda: None)
    monkeypatch.setattr(sys, "argv", ["gpu"])
    assert gpu.main() == 2
    assert capsys.readouterr().err.startswith("make gpu: TensorFlow finds no GPU on this machine")


def test_all_steps_are_taken_on_a_cpu_and_their_bits_agree(begin, tmp_path, monkeypatch):
    monkeypatch.setattr(gpu, "NETWORKS", {"MLP": "mlp"})
    monkeypatch.setattr(gpu, "KINDS", {"no XLA": gpu.KINDS["no XLA"]})
    monkeypatch.setattr(gpu, "AT_A_TIME", (2,))
    monkeypatch.setattr(gpu, "STACKED", (2,))
    lab = Lab(tmp_path, begin, "cpu", ["dataset=digits"], epochs=2, seeds=2)
    found = list(gpu.rows(lab))
    assert [row.what for row in found if not row.is_met] == []
    assert [row.what.removeprefix("MLP, ") for row in found] == [
        "CPU", "defaults", "no XLA", "the same seed again", "sweep, 2 at a time", "2 stacked",
        "two processes at once", "two processes at once", "interrupted and continued",
    ]  # fmt: skip
    alone = [row.run.accuracy for row in found if "sweep" not in row.what and "stacked" not in row.what]
    assert len(set(alone[:-1])) == 1 != len(set(alone))  # the continued run has more epochs
    lines = gpu.table(found).splitlines()
    assert lines[2].startswith(f"| MLP, CPU | {found[0].run.seconds:.3f} |")
    assert "2 runs in" in lines[6]


@dataclass
class Ended:
    """A command that has ended."""

    code: int
    out: str = ""
    errors: str = ""

    def is_alive(self) -> bool:
        return False

    def said(self) -> tuple[str, str]:
        return self.out, self.errors

    def send_signal(self, number: int) -> None:
        raise ProcessLookupError(number)

    def wait(self, timeout: float) -> int:
        return self.code


def test_a_step_that_fails_costs_its_own_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(gpu, "STEPS", (gpu.speed, gpu.out_of_memory, lambda lab: iter([gpu.Row("next")])))
    monkeypatch.setattr(gpu, "gpu_memory", lambda: (1_000, 80_000))
    out = "error      OperationFailed: no kernel\nin         run"
    lab = Lab(tmp_path, lambda *_, cwd: Ended(1, out), "gpu", [], epochs=2, seeds=2)
    assert gpu.table([*gpu.rows(lab)]).splitlines()[2:] == [
        "| speed |  |  |  |  | NOT MET: exit code 1: error      OperationFailed: no kernel |",
        "| out of memory |  |  |  |  | NOT MET: exit code 1: error      OperationFailed: no kernel |",
        "| next |  |  |  |  |  |",
    ]


@pytest.mark.parametrize(
    ("ended", "is_met"),
    [
        (Ended(1, "error      OperationFailed: out of memory; use a smaller training.batch_size\n"), True),
        (Ended(2, errors="runner: model: OOM when allocating tensor with shape[784,10000000]\n"), True),
        (Ended(1, errors='Traceback (most recent call last):\n  File "t.py"\nMemoryError: out of memory\n'), False),
        (Ended(-9), False),
        (Ended(0, "in         run"), False),
    ],
)
def test_running_out_of_memory_must_be_a_message(tmp_path, monkeypatch, ended, is_met):
    monkeypatch.setattr(gpu, "gpu_memory", lambda: (1_000, 80_000))
    asked = []

    def start(*overrides, cwd):
        asked.extend(overrides)
        return ended

    (row,) = gpu.out_of_memory(Lab(tmp_path, start, "gpu", [], epochs=2, seeds=2))
    assert row.is_met == is_met
    units = int(next(one for one in asked if "hidden_units" in one).partition("=")[2].strip("[]"))
    assert units * 4_000 * 4 >= 2 * 80_000 * 2**20 - 16_000


def test_bits_are_those_of_the_history_and_the_predictions_but_not_of_the_seconds(tmp_path):
    def trained(name: str, seconds: str, loss: str, probability: float) -> Trained:
        (tmp_path / name).mkdir()
        rows = f"1,0.5,0.9,9.0\n2,{loss},0.95,{seconds}\n3,{loss},0.97,{seconds}\n"
        (tmp_path / name / "history.csv").write_text(f"epoch,loss,val_accuracy,seconds\n{rows}")
        np.savez(tmp_path / name / "predictions.npz", test_probabilities=np.float32([probability]))
        return Trained.read(tmp_path / name, 5)

    first = trained("a", "0.2", "0.4", 0.5)
    assert (first.seconds, first.accuracy, first.memory) == (0.2, 0.97, 5)
    assert trained("b", "0.3", "0.4", 0.5).bits == first.bits
    others = [trained("c", "0.2", "0.40000001", 0.5), trained("d", "0.2", "0.4", np.nextafter(np.float32(0.5), 1))]
    for other in others:
        assert not gpu.compared("again", other, first, first).is_met


def test_the_memory_in_use_is_the_most_that_was_seen(processes, tmp_path, monkeypatch):
    smi = tmp_path / "nvidia-smi"
    smi.write_text(f'#!/bin/sh\ncd {tmp_path}\nread used <used\necho "$used, 81559 $*" >>asked\necho "$used, 81559"\n')
    smi.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,1")
    monkeypatch.setattr(gpu_lab, "SAMPLE", 0.001)
    (tmp_path / "used").write_text("700\n")
    with gpu_lab.memory_watched("gpu") as most:
        while most() != 700:
            pass
        (tmp_path / "used").write_text("20\n")
        assert gpu_lab.gpu_memory() == (20, 81559)
    assert most() == 700
    assert "--id=3 " in (tmp_path / "asked").read_text()


def test_a_machine_without_nvidia_smi_has_no_figures_of_memory(monkeypatch, tmp_path):
    def refuse(*_, **__):
        raise FileNotFoundError("nvidia-smi")

    monkeypatch.setattr(gpu_lab.subprocess, "run", refuse)
    with pytest.raises(Failed, match="nvidia-smi does not say"):
        gpu_lab.gpu_memory()
    with gpu_lab.memory_watched("gpu") as most:
        assert most() is None
