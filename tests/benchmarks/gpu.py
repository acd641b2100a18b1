"""Checks of the program on a GPU: speed, memory, bit-identity, sharing, resuming, running out of memory (`make gpu`).

It needs a GPU, but no network: it trains on the real MNIST (RUNNER_DATA_DIR), or else on the 5,000 embedded digits.
On a machine without a GPU, it exits with code 2; `--device cpu` rehearses all steps except running out of memory.
"""

import argparse
import importlib.metadata
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.benchmarks.calibration import markdown
from tests.benchmarks.gpu_lab import PATIENCE, Failed, Lab, Process, Trained, gpu_memory, gpu_name, last_line

NETWORKS = {"MLP": "mlp", "CNN": "cnn"}
KINDS = {  # overrides of a run on the device, in addition to its defaults
    "XLA": ["device.jit_compile=true"],
    "no XLA": ["device.jit_compile=false"],
    "mixed_bfloat16": ["device.precision=mixed_bfloat16"],
    "mixed_float16": ["device.precision=mixed_float16"],
}
AT_A_TIME = (1, 4)  # runs of a sweep on the one GPU
STACKED = (1, 16, 64)  # runs of a sweep in one batch of models
MOST_TIMES = 3.0  # the goal for the epoch of the largest stack, relative to that of one run
TOLERANCE = 0.02  # tolerance of the validation accuracy of a run in a stack, relative to the same run alone


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    what: str
    run: Trained | None = None
    cpu: Trained | None = None
    found: str = ""
    is_met: bool = True

    def cells(self) -> list[str]:
        run, cpu = self.run, self.cpu
        return [
            self.what,
            f"{run.seconds:.3f}" if run else "",
            f"{cpu.seconds / run.seconds:.1f}" if run and cpu else "",
            f"{run.memory:,}" if run and run.memory else "",
            f"{run.accuracy:.4f}" if run else "",
            self.found if self.is_met else f"NOT MET: {self.found}",
        ]


def speed(lab: Lab) -> Iterator[Row]:
    """Time an epoch of either network, by kind of run, relative to the CPU of the same machine."""
    for title, network in NETWORKS.items():
        yield Row(f"{title}, CPU", lab.cpu(network))
        yield Row(f"{title}, defaults", lab.alone(network), lab.cpu(network))
        for kind, overrides in KINDS.items():
            run = lab.run(f"{network}-{kind.replace(' ', '-')}", f"model={network}", *overrides)
            yield Row(f"{title}, {kind}", run, lab.cpu(network))


def same_seed(lab: Lab) -> Iterator[Row]:
    """Repeat a run with the same seed."""
    for title, network in NETWORKS.items():
        again = lab.run(f"{network}-again", f"model={network}")
        yield compared(f"{title}, the same seed again", again, lab.alone(network), lab.cpu(network))


def sweeps(lab: Lab) -> Iterator[Row]:
    """Train a sweep over seeds, with one run and with several runs at a time; one seed is that of the separate run."""
    for workers in AT_A_TIME:
        seconds, runs = lab.sweep(f"sweep-{workers}", workers, "device.stacked_seeds=1")
        middle = sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]
        is_equal = lab.alone("mlp").bits in [run.bits for run in runs]
        found = f"{len(runs)} runs in {seconds:.1f} s; bits of the first seed {said(is_equal)}"
        yield Row(f"MLP, sweep, {workers} at a time", middle, lab.cpu("mlp"), found, is_equal)


def stacks(lab: Lab) -> Iterator[Row]:
    """Train seeds as one batch of models; the first seed is the one used for the separate run."""
    of_one = None
    for size in STACKED:
        seconds, runs = lab.sweep(f"stacked-{size}", 1, f"device.stacked_seeds={size}", seeds=size)
        epoch = sum(run.seconds for run in runs)  # each run reports its share
        of_one = of_one or epoch
        gap = abs(runs[0].accuracy - lab.alone("mlp").accuracy)
        is_met = gap <= TOLERANCE and (lab.device == "cpu" or size < STACKED[-1] or epoch <= MOST_TIMES * of_one)
        found = f"{size} in {seconds:.1f} s; an epoch takes {epoch / of_one:.1f} times that of {STACKED[0]}"
        yield Row(f"MLP, {size} stacked", replace(runs[0], seconds=epoch), lab.cpu("mlp"), found, is_met)


def two_processes(lab: Lab) -> Iterator[Row]:
    """Train in two processes at once."""
    names = ["beside-1", "beside-2"]
    for command in [lab.begin(name, "model=mlp") for name in names]:
        lab.ended(command)
    for name in names:
        run = Trained.read(lab.folder / name)
        yield compared("MLP, two processes at once", run, lab.alone("mlp"), lab.cpu("mlp"))


def resuming(lab: Lab) -> Iterator[Row]:
    """Interrupt a run after an epoch, and continue it."""
    whole = lab.run("whole", "model=mlp", times=10)
    command = lab.begin("resumed", "model=mlp", times=10)
    while command.is_alive() and not (lab.folder / "resumed" / "checkpoint" / "state.npz").exists():
        time.sleep(0.01)
    command.send_signal(signal.SIGINT)
    lab.ended(command, code=130)
    lab.ended(lab.start("resume", "resumed", cwd=lab.folder))
    yield compared("MLP, interrupted and continued", Trained.read(lab.folder / "resumed"), whole, lab.cpu("mlp"))


def out_of_memory(lab: Lab) -> Iterator[Row]:
    """Train a run that needs an array at least twice the size of the memory; it must end with a one-line message."""
    least = 4_000  # training examples
    units = 2 * gpu_memory()[1] * 2**20 // (4 * least)
    command = lab.begin("large", "model=mlp", f"model.hidden_units=[{units}]", "training.batch_size=full")
    code, text = command.wait(PATIENCE), "".join(command.said())
    is_met = code in (1, 2) and ("out of memory" in text or "OOM" in text) and "Traceback" not in text
    yield Row("out of memory", found=f"exit code {code}: {last_line(command)}", is_met=is_met)


STEPS = (speed, same_seed, sweeps, stacks, two_processes, resuming, out_of_memory)


def rows(lab: Lab) -> Iterator[Row]:
    """Perform all steps; after a failure, the remaining rows of its step are missing."""
    for step in STEPS:
        if step is out_of_memory and lab.device == "cpu":
            continue  # it would use up the memory of all other processes
        try:
            yield from step(lab)
        except Failed as error:
            yield Row(step.__name__.replace("_", " "), found=str(error), is_met=False)


def compared(what: str, run: Trained, other: Trained, cpu: Trained) -> Row:
    """Return the row for a run that should equal another one."""
    is_equal = run.bits == other.bits
    return Row(what, run, cpu, f"bits {said(is_equal)}", is_equal)


def said(is_equal: bool) -> str:
    return "equal" if is_equal else "differ"


def table(found: Sequence[Row]) -> str:
    """Return the table as Markdown."""
    heads = ["what", "s an epoch", "times the CPU", "memory, MB", "validation accuracy", "found"]
    return markdown(heads, [row.cells() for row in found])


def main() -> int:
    """Perform all steps and print one table; return 1 if a check fails, 2 without a GPU."""
    parser = argparse.ArgumentParser(prog="make gpu ARGS=...", description=__doc__)
    parser.add_argument("--device", choices=["gpu", "cpu"], default="gpu", help="cpu: rehearse the steps")
    parser.add_argument("--epochs", type=int, default=5, help="of a run; the first is not counted (default: 5)")
    parser.add_argument("--seeds", type=int, default=8, help="runs of a sweep (default: 8)")
    chosen = parser.parse_args()
    name = gpu_name() if chosen.device == "gpu" else "no GPU: a rehearsal on the CPU"
    if name is None:
        no_gpu = "make gpu: TensorFlow finds no GPU on this machine; ARGS='--device cpu' rehearses the steps on the CPU"
        print(no_gpu, file=sys.stderr)
        return 2
    is_real = Path(os.environ.get("RUNNER_DATA_DIR", "nowhere"), "mnist").is_dir()
    dataset = "mnist" if is_real else "mnist_5k"
    versions = ", ".join(f"{package} {importlib.metadata.version(package)}" for package in ("tensorflow", "keras"))
    print(f"{name}, {os.cpu_count()} CPUs ({platform.machine()}), {versions}, {dataset}; {' '.join(sys.argv[1:])}\n")
    with tempfile.TemporaryDirectory() as folder:
        common = [f"dataset={dataset}"]
        found = list(rows(Lab(Path(folder), Process, chosen.device, common, chosen.epochs, chosen.seeds)))
    print(table(found))
    return 0 if all(row.is_met for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
