"""Measure the time that every augmentation adds to an epoch of the default MLP on one thread; print one table.

python -m tests.benchmarks.augmentation [--rounds 3] [--epochs 5]      needs the real MNIST (RUNNER_DATA_DIR)

Each round trains every case, one after the other, so that a machine that slows down affects all of them.
"""

import argparse
import statistics
from collections import defaultdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from runner.core.paths import conf_directory
from runner.data.dataset import Dataset, Part
from runner.engine.evaluation import Evaluator
from runner.engine.setup.device import prepare_device
from runner.engine.training import CompiledEpoch, shuffled, train
from runner.run.build import build_dataset, build_parts, build_split
from tests.composed import settings

PLAIN, FOUR = "none", "rotation,translation,zoom,shear"
MOST = 2.0  # largest allowed ratio of an epoch with the four augmentations to one without
DEFAULTS = ("dataset=mnist", "device=cpu", "device.threads=1")


def options() -> list[str]:
    return sorted(path.stem for path in (conf_directory() / "augmentation").glob("*.yaml"))


def epoch_seconds(chosen: str, dataset: Dataset, epochs: int) -> list[float]:
    """Return the seconds of each epoch except the first, which compiles."""
    group = "" if chosen == PLAIN else chosen
    chosen = settings(*DEFAULTS, f"augmentation=[{group}]")
    parts = build_parts(chosen, dataset, build_split(chosen, dataset), Path())
    held_out = parts.targets.validation
    rows = train(
        CompiledEpoch(parts.model, parts.targets.train, parts.batch_size, parts.augment),
        Evaluator(parts.model, Part(held_out.inputs[:1], held_out.labels[:1])),
        epochs=epochs + 1,
        order=shuffled(0, len(parts.split.train)),
    )
    return [row["seconds"] for row in rows][1:]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.augmentation", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each case is measured (default 3)")
    parser.add_argument("--epochs", type=int, default=5, help="epochs measured in a round (default 5)")
    arguments = parser.parse_args()
    common = settings(*DEFAULTS)
    prepare_device(common.device, small=True)
    dataset = build_dataset(common)
    samples: dict[str, list[float]] = defaultdict(list)
    for _ in range(arguments.rounds):
        for case in (PLAIN, *options(), FOUR):
            samples[case] += epoch_seconds(case, dataset, arguments.epochs)
    show(samples, examples=round(len(dataset.train_labels) * (1 - common.dataset.validation_split)))


def show(samples: dict[str, list[float]], examples: int) -> None:
    table = Table("augmentation", "median s", "min", "max", "times plain", "us an image", title="one epoch, one thread")
    median = {case: statistics.median(seconds) for case, seconds in samples.items()}
    for case, seconds in samples.items():
        added = 1e6 * (median[case] - median[PLAIN]) / examples
        figures = [f"{value:.3f}" for value in (median[case], min(seconds), max(seconds))]
        table.add_row(case, *figures, f"{median[case] / median[PLAIN]:.2f}", f"{added:.2f}")
    console = Console(width=110)
    console.print(table)
    ratio = median[FOUR] / median[PLAIN]
    console.print(f"{FOUR}: {ratio:.2f} times, at most {MOST} required: {'met' if ratio <= MOST else 'NOT met'}")


if __name__ == "__main__":
    main()
