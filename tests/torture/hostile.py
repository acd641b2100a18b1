"""Small sweep as training would leave it, and the malicious changes that a stranger may make to it."""

import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from runner.core.write import write_csv
from runner.records.job import Job
from runner.records.record import RunRecord
from runner.records.run_directory import RunDirectory
from runner.sweeps.planning.plan import Plan

VARIANTS = ("sgd", "adam")
SEEDS = (0, 1)
FILES = (
    "run/record.json", "run/history.csv", "run/config.yaml", "run/gradients.csv", "run/steps.csv",
    "run/predictions.npz", "plan.json", "plan.csv", "tuning.csv",
)  # fmt: skip
GENERATOR = np.random.default_rng(3)


def write_sweep(sweep: Path, config: dict[str, Any]) -> Path:
    """Write two variants on two seeds, completed, with every file that a report may read; return the first run."""
    jobs = [
        Job(
            run_id=f"{variant}{seed}", variant=variant, seed=seed, overrides=[f"optimizer={variant}", f"seed={seed}"],
            choices={"optimizer": variant}, config=config | {"seed": seed}, directory=f"{variant}-{seed}", named=True,
        )
        for variant in VARIANTS
        for seed in SEEDS
    ]  # fmt: skip
    for job in jobs:
        write_run(job.path(sweep), job)
    launcher = {"_target_": "hydra_plugins.runner.LocalLauncher", "workers": 1, "timeout_s": None}
    Plan(jobs, {"question": "which?", "variants": {name: [] for name in VARIANTS}}, launcher, ["study=x"]).write(sweep)
    points = [
        {"variant": name, "point": "optimizer.learning_rate=0.1", "seeds": "1000", "scored": 1, "val_accuracy": 0.5,
         "chosen": True, "on_edge": False, "budget": 1}
        for name in VARIANTS
    ]  # fmt: skip
    write_csv(sweep / "tuning.csv", points)
    return jobs[0].path(sweep)


def write_run(path: Path, job: Job) -> None:
    """Write one run: two epochs, ten test examples."""
    directory = RunDirectory(path)
    path.mkdir(parents=True)
    history = [
        {"epoch": epoch, "loss": 1 / epoch, "accuracy": 0.4 * epoch, "val_loss": 1.1 / epoch,
         "val_accuracy": 0.4 * epoch, "learning_rate": 0.1 / epoch, "seconds": 0.1}
        for epoch in (1, 2)
    ]  # fmt: skip
    directory.write_history(history)
    directory.write_table(
        "gradients.csv", [{"epoch": row["epoch"], "a.gradient": 1.0, "a.weight": 2.0} for row in history]
    )
    directory.write_table("steps.csv", [{"step": n, "learning_rate": 10.0 ** (n - 4), "loss": 2.0} for n in (1, 2, 3)])
    directory.write_config(yaml.safe_dump(job.config))
    probabilities = GENERATOR.dirichlet(np.ones(10), 10).astype(np.float32)
    labels = np.arange(10, dtype=np.int32)
    directory.write_predictions(
        test_probabilities=probabilities, test_labels=labels,
        validation_probabilities=probabilities, validation_labels=labels,
    )  # fmt: skip
    directory.write_record(record(job).with_history(history))


def record(job: Job) -> RunRecord:
    """Return a record with every field filled."""
    return RunRecord(
        run_id=job.run_id, name="run", seed=job.seed, status="completed", choices=job.choices, overrides=job.overrides,
        dataset={"name": "mnist", "fingerprint": "f" * 64, "train": 90, "validation": 10, "test": 10, "split": "s"},
        device={"kind": "cpu", "name": "CPU", "intra_op_threads": 1}, versions={"python": "3"},
        code={"commit": "c" * 40, "dirty": False}, parameters=10, started="2026-01-01T00:00:00+00:00", flops=20,
        finished="2026-01-01T00:01:00+00:00", seconds={"total": 1.0}, test={"accuracy": 0.8, "loss": 0.5},
        scores={"accuracy": 0.8, "macro_f1": 0.7, "per_class": {"f1": [0.7]}, "confusion_matrix": [[4, 1], [1, 4]]},
        suggested_learning_rate=0.1, error=None, label=job.variant, weights={"shapes": "a", "values": "b"},
    )  # fmt: skip


class Payload:
    """A pickle that writes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self._path),)


def _replace(path: Path, make: Callable[[Path], object]) -> None:
    path.unlink()
    make(path)


def _sparse(path: Path) -> None:
    with path.open("ab") as stream:
        stream.truncate(2**30)


def _bomb(path: Path) -> None:
    """Write an archive of arrays whose headers declare 100 GB, with a member of 4 GB compressed to 4 MB."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("test_probabilities", "test_labels", "validation_probabilities", "validation_labels"):
            with archive.open(f"{name}.npy", "w") as member:
                header = {"descr": "<f8", "fortran_order": False, "shape": (10**9, 10)}
                np.lib.format.write_array_header_1_0(member, header)
                member.write(bytes(2**22))


def _arrays(path: Path, **arrays: np.ndarray) -> None:
    with np.load(path, allow_pickle=False) as stored:
        sound = {name: stored[name] for name in stored.files}
    np.savez(path, **(sound | arrays))


Spoil = Callable[[Path, Path], object]  # damages a file; the second path is a folder outside the sweep

ANY_FILE: dict[str, Spoil] = {
    "missing": lambda path, outside: path.unlink(),
    "empty": lambda path, outside: path.write_bytes(b""),
    "a folder": lambda path, outside: _replace(path, Path.mkdir),
    "a pipe": lambda path, outside: _replace(path, os.mkfifo),
    "a link out": lambda path, outside: _replace(path, lambda link: link.symlink_to(outside / "secret.json")),
    "a link to itself": lambda path, outside: _replace(path, lambda link: link.symlink_to(link)),
    "an endless device": lambda path, outside: _replace(path, lambda link: link.symlink_to("/dev/zero")),
    "a gigabyte": lambda path, outside: _sparse(path),
    "random bytes": lambda path, outside: path.write_bytes(GENERATOR.bytes(5_000)),
    "half of it": lambda path, outside: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "NUL bytes": lambda path, outside: path.write_bytes(path.read_bytes().replace(b"e", b"\0")),
    "no UTF-8": lambda path, outside: path.write_bytes(path.read_bytes().replace(b"e", b"\xff")),
    "a pickle": lambda path, outside: path.write_bytes(pickle.dumps(Payload(outside / "owned"))),
    "deep nesting": lambda path, outside: path.write_bytes(b'{"a":' + b"[" * 200_000),
    "deep YAML": lambda path, outside: path.write_bytes(b"- " * 50_000),
    "null": lambda path, outside: path.write_bytes(b"null"),
    "a list": lambda path, outside: path.write_bytes(b"[1, 2]"),
    "one long line": lambda path, outside: path.write_bytes(b"," * 1_000_000 + b"\n" + b"1," * 1_000_000),
    "escapes": lambda path, outside: path.write_bytes(path.read_bytes().replace(b"a", b"\x1b[31m")),
    "one column": lambda path, outside: path.write_bytes(b"\x1b]0;a\x07\n1\n"),
    "a word for each number": lambda path, outside: path.write_bytes(path.read_bytes().replace(b"0.", b"high")),
    "infinity for each number": lambda path, outside: path.write_bytes(path.read_bytes().replace(b"0.", b"1e999")),
    "NaN for each number": lambda path, outside: path.write_bytes(path.read_bytes().replace(b"0.", b"NaN")),
    "immense numbers": lambda path, outside: path.write_bytes(path.read_bytes().replace(b"0.", b"1e308")),
}  # fmt: skip
ARCHIVES: dict[str, Spoil] = {
    "a bomb": lambda path, outside: _bomb(path),
    "objects": lambda path, outside: _arrays(path, test_labels=np.array([Payload(outside / "owned")] * 10, object)),
    "labels of no class": lambda path, outside: _arrays(path, test_labels=np.full(10, 10**6)),
    "no distributions": lambda path, outside: _arrays(path, test_probabilities=np.full((10, 10), np.nan)),
    "other classes": lambda path, outside: _arrays(path, test_probabilities=np.full((10, 99), 1 / 99)),
    "a dimension too many": lambda path, outside: _arrays(path, test_probabilities=np.zeros((10, 10, 1))),
    "text": lambda path, outside: _arrays(path, test_probabilities=np.array([["a"] * 10] * 10)),
    "no examples": lambda path, outside: _arrays(path, test_probabilities=np.zeros((0, 10)), test_labels=np.array([])),
}  # fmt: skip
SPOILED = [
    *((file, way) for file in FILES for way in ANY_FILE),
    *(("run/predictions.npz", way) for way in ARCHIVES),
]
WRONG: tuple[Any, ...] = (
    None, True, -1, 2**70, 1e308, "", "x" * 100_000, "\x1b[31m\x00\u202e", "../../x", [], [[]], [None], ["a"], {},
    {"a": {"b": []}}, {"a": 1e200}, {"": "="}, "<script>alert(1)</script>",
)  # fmt: skip


def spoil(sweep: Path, run: Path, file: str, way: str, outside: Path) -> Path:
    """Damage one file of a sweep, or of its first run; return its path."""
    folder, _, name = file.rpartition("/")
    path = run / name if folder else sweep / name
    (ANY_FILE | ARCHIVES)[way](path, outside)
    return path


def with_field(path: Path, keys: tuple[str | int, ...], value: Any) -> None:
    """Put a value into a JSON file."""
    values = json.loads(path.read_text())
    node = values
    for key in keys[:-1]:
        node = node[key]
    node[keys[-1]] = value
    path.write_text(json.dumps(values))
