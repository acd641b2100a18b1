"""Results of runs, for bitwise comparison, and checks that their files are complete."""

import csv
import fnmatch
import json
import os
import re
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import yaml

# Weights, order and dropout are random. Augmentation, which takes seconds to compile, is tested in
# tests/engine/checkpoints/test_checkpoint.py. Long enough to be stopped in the middle.
CHOSEN = ("dataset=digits", "model.hidden_units=[16]", "regularizer=[dropout]", "training.epochs=40")
TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}-\d+(\.\w+)?")


@dataclass(frozen=True)
class Result:
    """Values that must agree to the last bit: history without seconds, scores, predictions, the model's weights."""

    history: str
    scores: str
    predictions: bytes
    weights: bytes


def found(folder: Path, pattern: str = "*") -> list[Path]:
    """Return the paths below a folder, sorted, even while directories there are being removed (rglob would fail)."""
    return sorted(
        Path(place, name)
        for place, folders, files in os.walk(folder)
        for name in fnmatch.filter([*folders, *files], pattern)
    )


def result_of(run: Path) -> tuple[tuple[str, int], Result]:
    """Return a run's optimizer and seed, and its result."""
    record = json.loads((run / "record.json").read_text())
    history = pd.read_csv(run / "history.csv").drop(columns="seconds").to_csv()
    scores = json.dumps([record["test"], record["scores"], record["weights"]])
    with zipfile.ZipFile(run / "model.keras") as model:
        weights = model.read("model.weights.h5")
    result = Result(history, scores, (run / "predictions.npz").read_bytes(), weights)
    return (record["choices"]["optimizer"], record["seed"]), result


def results_in(folder: Path) -> dict[tuple[str, int], Result]:
    """Return the results of the runs below a folder, by optimizer and seed."""
    return dict(result_of(path.parent) for path in found(folder, "record.json"))


def epochs_of(run: Path) -> list[list[str]]:
    """Return the rows of a run's history; none if there is no history yet."""
    path = run / "history.csv"
    return list(csv.reader(path.read_text().splitlines()))[1:] if path.exists() else []


def trained_epochs(run: Path) -> list[int]:
    """Return the epochs in a run's log, without those that came from a checkpoint."""
    said = (run / "run.log").read_text() if (run / "run.log").exists() else ""
    return [int(found[1]) for found in re.finditer(r": epoch (\d+) (?!.*from its checkpoint)", said)]


def leftovers(folder: Path) -> list[Path]:
    """Return the temporary files that never got their final name."""
    return [path for path in found(folder, ".*") if TEMPORARY.fullmatch(path.name)]


def assert_whole(folder: Path) -> int:
    """Check every file below a folder that has its final name, and return their number."""
    paths = _files(folder)
    for path in paths:
        _assert_whole(path)
    return len(paths)


class Reader(threading.Thread):
    """Context manager that keeps reading all files below a folder while others write there.

    The block fails at its end if a file was ever incomplete.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self._folder = folder
        self._over = threading.Event()
        self._seen: dict[Path, tuple[int, int]] = {}
        self.read = 0
        self._error: BaseException | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._over.set()
        self.join()
        if self._error:
            raise self._error

    def run(self) -> None:
        """Read what has changed."""
        try:
            while not self._over.wait(0.02):
                for path in _files(self._folder):
                    self._look_at(path)
        except BaseException as error:
            self._error = error

    def _look_at(self, path: Path) -> None:
        try:
            status = path.stat()
            if self._seen.get(path) != (status.st_ino, status.st_mtime_ns):
                self._seen[path] = (status.st_ino, status.st_mtime_ns)
                _assert_whole(path)
                self.read += 1
        except FileNotFoundError:  # removed in the meantime, such as a checkpoint
            pass


def _files(folder: Path) -> list[Path]:
    return [path for path in found(folder) if path.is_file() and _is_ours(path)]


def _is_ours(path: Path) -> bool:
    """Return whether this program writes the file atomically; logs, for example, grow."""
    return path.suffix in _CHECKS and not path.name.startswith(".")


def _assert_whole(path: Path) -> None:
    try:
        content = path.read_bytes()
        assert content, "empty"
        _CHECKS[path.suffix](path, content)
    except FileNotFoundError:
        raise
    except Exception as error:
        raise AssertionError(f"{path} is not whole: {type(error).__name__}: {error}") from error


def _table(path: Path, content: bytes) -> None:
    assert content.endswith(b"\n")
    rows = list(csv.reader(content.decode().splitlines()))
    assert len({len(row) for row in rows}) == 1


def _arrays(path: Path, content: bytes) -> None:
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        for name in arrays.files:  # reading verifies the checksum
            arrays[name]


def _archive(path: Path, content: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None


def _text(path: Path, content: bytes) -> None:
    assert content.endswith(b"\n")
    yaml.safe_load(content)


def _ends(*ends: bytes) -> Callable[[Path, bytes], None]:
    def check(path: Path, content: bytes) -> None:
        assert content.endswith(ends)

    return check


_CHECKS: dict[str, Callable[[Path, bytes], None]] = {
    ".json": lambda path, content: json.loads(content),
    ".csv": _table,
    ".npz": _arrays,
    ".keras": _archive,
    ".yaml": _text,
    ".png": _ends(b"IEND\xaeB`\x82"),
    ".svg": _ends(b"</svg>\n"),
    ".html": _ends(b"</html>\n", b"</html>"),
}
