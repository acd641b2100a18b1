"""Frequency of false claims in families of comparisons, by max-T and by Holm, at one or more looks.

Each study has `VARIANTS` variants that share a baseline. The report's own functions test them.
`make calibration-families` runs this module.
"""

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np

from runner.records.design import Looks
from runner.reporting.statistics.significance.holm import holm
from runner.reporting.statistics.significance.joint_flips import Sides, adjusted
from runner.reporting.statistics.significance.sign_flips import sign_flip_p
from tests.benchmarks.calibration import MARGIN, NOISES, VARIANTS, markdown, rate

STUDIES = 10_000
SEQUENTIAL_STUDIES = 1_000
SEEDS = 8
GAIN = 1.5  # gain of the first variant, for power, in standard deviations of its paired difference
LEVEL = 0.05
SPREADS = {  # standard deviations of the runs: the baseline's, then the variants'
    "alike": [1, 1, 1, 1, 1, 1],
    "one variant 10 times as large": [1, 1, 1, 1, 1, 10],
    "0.3 to 4": [1, 0.3, 0.5, 1, 2, 4],
    "baseline 3 times as large": [3, 1, 1, 1, 1, 1],
    "baseline 0.3 times as large": [0.3, 1, 1, 1, 1, 1],
}
DATASETS = {"a": 1, "b": 3, "c": 10}  # standard deviations of the runs
SIZES = [6, 9, 12]
SEQUENTIAL_NOISES = ["normal", "heavy-tailed", "skewed up"]


def sides(
    differences: np.ndarray, shift: float = 0.0, sizes: list[int] | None = None, datasets: Sequence[str] = ()
) -> list[Sides]:
    """Return the values whose signs the joint test of a study (variants, seeds) flips."""
    return [
        Sides(
            [
                (dict(enumerate(own[:size] + shift)), dict(enumerate(shift - own[:size])))
                for size in sizes or [len(own)]
            ],
            dataset=dataset,
        )
        for own, dataset in zip(differences, datasets or [""] * len(differences), strict=True)
    ]


def max_t(differences: np.ndarray, datasets: Sequence[str] = ()) -> list[float]:
    """Return the p values of a study's differences, all on one data set by default."""
    return adjusted(sides(differences, datasets=datasets))


def by_holm(differences: np.ndarray) -> list[float]:
    """Return the p values by Holm's method."""
    return holm([sign_flip_p(own) for own in differences])


def one_look(spread: str, noise: str, studies: int) -> dict[str, np.ndarray]:
    """Return, by name, which studies make any false claim, and which detect the first variant's true gain."""
    generator = np.random.default_rng([SEEDS, *noise.encode()])
    found: dict[str, list[bool]] = {}
    for _ in range(studies):
        runs = NOISES[noise](generator, (VARIANTS + 1, SEEDS)) * np.array(SPREADS[spread])[:, None]
        null = runs[1:] - runs[0]
        gain = null + GAIN * np.hypot(*SPREADS[spread][:2]) * np.eye(VARIANTS)[:1].T
        for name, test in (("max-T", max_t), ("Holm", by_holm)):
            found.setdefault(f"false, {name}", []).append(min(test(null)) < LEVEL)
            found.setdefault(f"power, {name}", []).append(test(gain)[0] < LEVEL)
    return {name: np.array(events) for name, events in found.items()}


def over_datasets(noise: str, studies: int) -> dict[str, np.ndarray]:
    """Return the same as `one_look` for a study of three variants on each of `DATASETS`; the first has the gain."""
    generator = np.random.default_rng([SEEDS, 3, *noise.encode()])
    names = [name for name in DATASETS for _ in range(3)]
    found: dict[str, list[bool]] = {}
    for _ in range(studies):
        runs = [scale * NOISES[noise](generator, (4, SEEDS)) for scale in DATASETS.values()]
        null = np.concatenate([own[1:] - own[0] for own in runs])
        gain = null + GAIN * np.hypot(1, 1) * np.eye(len(null))[:1].T
        for truth, differences in (("false", null), ("power", gain)):
            tests = {
                "max-T": max_t(differences, names),
                "max-T on one scale": max_t(differences),
                "Holm": by_holm(differences),
            }
            for name, p_values in tests.items():
                claimed = min(p_values) if truth == "false" else p_values[0]
                found.setdefault(f"{truth}, {name}", []).append(claimed < LEVEL)
    return {name: np.array(events) for name, events in found.items()}


def with_best(variants: int, noise: str, studies: int) -> dict[str, np.ndarray]:
    """Return which studies miss a star of the tables: the best of all variants is the baseline, after the fact.

    All variants are equal; for power, the last one is worse by the gain.
    """
    generator = np.random.default_rng([SEEDS, 4, variants, *noise.encode()])
    found: dict[str, list[bool]] = {}
    for _ in range(studies):
        runs = NOISES[noise](generator, (variants, SEEDS))
        worse = runs - GAIN * np.hypot(1, 1) * np.eye(variants)[-1:].T
        for truth, values in (("false", runs), ("power", worse)):
            best = int(values.mean(axis=1).argmax())
            differences = np.delete(values, best, axis=0) - values[best]
            tests = {"adjusted": max_t(differences), "not adjusted": [*map(sign_flip_p, differences)]}
            for name, p_values in tests.items():
                claimed = min(p_values) if truth == "false" else p_values[-1]
                found.setdefault(f"{truth}, {name}", []).append(claimed < LEVEL)
    return {name: np.array(events) for name, events in found.items()}


def with_margin(noise: str, studies: int) -> dict[str, np.ndarray]:
    """Return which studies make any false claim under max-T, with the margin of `calibration`.

    Two variants do not differ; two differ by the margin and one by its negative.
    """
    generator = np.random.default_rng([SEEDS, 1, *noise.encode()])
    edges = np.array([0, 0, MARGIN, MARGIN, -MARGIN])
    found: dict[str, list[bool]] = {}
    for _ in range(studies):
        runs = NOISES[noise](generator, (VARIANTS + 1, SEEDS)) / np.sqrt(2)
        differences = runs[1:] - runs[0] + edges[:, None]
        different = np.array(max_t(differences)) < LEVEL
        equivalent = np.array(adjusted(sides(differences, MARGIN), shifted=True, both=True)) < LEVEL
        beyond = np.array(adjusted(sides(differences, -MARGIN), shifted=True)) < LEVEL
        found.setdefault("difference", []).append(bool((different & (edges == 0)).any()))
        found.setdefault("equivalent", []).append(bool((equivalent & (edges != 0)).any()))
        found.setdefault("beyond", []).append(bool(beyond.any()))
        wrong = different & ~equivalent & (edges == 0) | equivalent & (edges != 0)
        found.setdefault("verdict", []).append(bool(wrong.any()))
        found.setdefault("power, equivalent", []).append(bool(equivalent[:2].any()))
    return {name: np.array(events) for name, events in found.items()}


def several_looks(noise: str, studies: int) -> dict[str, np.ndarray]:
    """Return which studies make any false claim at any look, the gain's power, and the seeds of the first variant."""
    generator = np.random.default_rng([SIZES[-1], 2, *noise.encode()])
    plans = {spending: Looks(SIZES, spending) for spending in ("pocock", "obrien_fleming")}
    found: dict[str, list[float]] = {}
    for _ in range(studies):
        runs = NOISES[noise](generator, (VARIANTS + 1, SIZES[-1])) / np.sqrt(2)
        null = runs[1:] - runs[0]
        gain = null + np.eye(VARIANTS)[:1].T
        unplanned = [max_t(null[:, :size]) for size in SIZES]
        found.setdefault("false, not planned", []).append(min(map(min, unplanned)) < LEVEL)
        for name, looks in plans.items():
            p_values = adjusted(sides(null, sizes=SIZES), looks=looks)
            found.setdefault(f"false, {name}", []).append(min(p_values) < LEVEL)
            looked = (adjusted(sides(gain, sizes=SIZES[: look + 1]), looks=looks)[0] for look in range(len(SIZES)))
            first = next((size for size, p in zip(SIZES, looked, strict=True) if p < LEVEL), None)
            found.setdefault(f"power, {name}", []).append(first is not None)
            found.setdefault(f"seeds, {name}", []).append(first or SIZES[-1])
        found.setdefault("power, one look at 12", []).append(max_t(gain)[0] < LEVEL)
    return {name: np.array(events) for name, events in found.items()}


def tables(studies: int, sequential: int) -> Iterator[str]:
    """Yield the tables as Markdown."""
    with ProcessPoolExecutor() as pool:
        tasks = [(spread, noise) for spread in SPREADS for noise in NOISES]
        found = list(pool.map(partial(one_look, studies=studies), *zip(*tasks, strict=True)))
        heads = [*found[0]]
        rows = [[*task, *(rate(one[head]) for head in heads)] for task, one in zip(tasks, found, strict=True)]
        yield markdown(["spread of the runs", "noise", *heads], rows)
        found = list(pool.map(partial(over_datasets, studies=studies), NOISES))
        heads = [*found[0]]
        rows = [[noise, *(rate(one[head]) for head in heads)] for noise, one in zip(NOISES, found, strict=True)]
        yield markdown(["noise", *heads], rows)
        tasks = [(variants, noise) for variants in (3, 8) for noise in NOISES]
        found = list(pool.map(partial(with_best, studies=studies), *zip(*tasks, strict=True)))
        heads = [*found[0]]
        rows = [[*map(str, task), *(rate(one[head]) for head in heads)] for task, one in zip(tasks, found, strict=True)]
        yield markdown(["variants", "noise", *heads], rows)
        found = list(pool.map(partial(with_margin, studies=studies), NOISES))
        heads = [*found[0]]
        rows = [[noise, *(rate(one[head]) for head in heads)] for noise, one in zip(NOISES, found, strict=True)]
        yield markdown(["noise", *heads], rows)
        found = list(pool.map(partial(several_looks, studies=sequential), SEQUENTIAL_NOISES))
        heads = [*found[0]]
        rows = [
            [noise, *(f"{one[head].mean():.1f}" if head.startswith("seeds") else rate(one[head]) for head in heads)]
            for noise, one in zip(SEQUENTIAL_NOISES, found, strict=True)
        ]
        yield markdown(["noise", *heads], rows)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=STUDIES, help=f"simulated in each row (default: {STUDIES})")
    parser.add_argument(
        "--sequential", type=int, default=SEQUENTIAL_STUDIES, help=f"with several looks (default: {SEQUENTIAL_STUDIES})"
    )
    given = parser.parse_args()
    for table in tables(given.studies, given.sequential):
        print(f"{table}\n", flush=True)


if __name__ == "__main__":
    main()
