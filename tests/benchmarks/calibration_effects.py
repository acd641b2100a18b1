"""Frequency of false claims about a grid's effects, and coverage of their intervals (`make calibration-effects`).

Each grid is simulated from known effects. All runs have noise with a standard deviation of 1, on top of a seed effect
shared by its runs, with a standard deviation of 2. Grids are tested with NumPy; a test of the suite compares this with
the functions of the report.
"""

import argparse
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tests.benchmarks.calibration import NOISES, Noise, exact, holm, markdown, rate, t_covers

STUDIES = 10_000
SAMPLES = 9_999  # number of the report's samples for three levels and eight seeds
SIZE = 3.0  # size of the true effects, in standard deviations of a run
_LEVEL = 0.05
_TIE = 1e-9
DESIGNS = {"2 x 2, 8 seeds": (8, 2, 2), "2 x 3, 8 seeds": (8, 2, 3)}


def _unequal(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Return normal noise that is three times as large at the last level of the last axis."""
    return generator.standard_normal(shape) * np.where(np.arange(shape[-1]) == shape[-1] - 1, 3.0, 1.0)


GRID_NOISES: dict[str, Noise] = {**NOISES, "unequal": _unequal}


@dataclass(frozen=True)
class Results:
    """P values of many grids, in the order of effects.csv, and whether intervals of the last row contain 0."""

    p_values: np.ndarray  # (studies, rows)
    adjusted: np.ndarray
    interactions: int  # number of last rows that are interactions
    t_covers: np.ndarray
    exact_covers: np.ndarray


def effects_of(scores: np.ndarray) -> Results:
    """Test the effects of each grid: (studies, seeds, 2, levels)."""
    main = [scores.mean(axis=3)[:, :, None], scores.mean(axis=2)[:, :, None]]
    columns: list[np.ndarray] = []
    for means in (*main, scores):
        before = len(columns)
        differences = means[..., 1:] - means[..., :1]
        if means.shape[2] > 1:
            differences = differences[:, :, 1:] - differences[:, :, :1]
        if differences.shape[3] > 1:
            columns.append(omnibus(means))
        contrasts = [exact(differences[:, :, 0, place]) for place in range(differences.shape[3])]
        columns += [contrast.difference for contrast in contrasts]
    p_values = np.stack(columns, axis=1)
    t_covers_zero = t_covers(differences[:, :, 0, -1], 0)
    return Results(p_values, holm(p_values), len(columns) - before, t_covers_zero, contrasts[-1].covers(0))


def omnibus(means: np.ndarray) -> np.ndarray:
    """Return the p value of each grid's permutation test of the last axis: (studies, seeds, rows, columns)."""
    studies, seeds, rows, columns = means.shape
    centred = means - means.mean(axis=3, keepdims=True)
    if rows > 1:
        centred = centred - centred.mean(axis=2, keepdims=True)
    orders = np.array([*itertools.permutations(range(columns))])
    drawn = np.random.default_rng(0).permuted(np.broadcast_to(np.arange(columns), (SAMPLES, seeds, columns)), axis=2)
    is_chosen = (drawn[:, :, None] == orders).all(axis=3).reshape(SAMPLES, -1).astype(float)
    every = np.moveaxis(centred[..., orders], 3, 2).reshape(studies, seeds * len(orders), rows * columns)
    observed = np.square(centred.sum(axis=1)).sum(axis=(1, 2))
    return np.array(
        [
            (1 + (np.square(is_chosen @ own).sum(axis=1) >= size - _TIE * (1 + size)).sum()) / (SAMPLES + 1)
            for own, size in zip(every, observed, strict=True)
        ]
    )


def row(noise: Noise, design: tuple[int, ...], studies: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Return the outcomes of each study: without effects, with only main effects, and with an interaction."""
    seeds, _, levels = design
    generator = np.random.default_rng([seed, *design])
    scores = noise(generator, (studies, *design)) + 2 * generator.standard_normal((studies, seeds, 1, 1))
    null = effects_of(scores)
    scores[:, :, 1] += SIZE
    scores += SIZE * np.arange(levels) / (levels - 1)
    main = effects_of(scores)
    scores[:, :, 1, -1] -= SIZE
    crossed = effects_of(scores)
    found = {
        "any false claim": (null.adjusted < _LEVEL).any(axis=1),
        "false interaction": (main.adjusted[:, -main.interactions :] < _LEVEL).any(axis=1),
        "t covers": null.t_covers,
        "exact covers": null.exact_covers,
        "interaction found": (crossed.adjusted[:, -crossed.interactions :] < _LEVEL).any(axis=1),
        "contrast found": crossed.adjusted[:, -1] < _LEVEL,
    }
    if levels > 2:
        found["main omnibus"] = null.p_values[:, 1] < _LEVEL
        found["interaction omnibus"] = null.p_values[:, -null.interactions] < _LEVEL
    return found


def table(studies: int) -> Iterator[list[str]]:
    """Yield the rows of the table."""
    names = ("any false claim", "false interaction", "main omnibus", "interaction omnibus", "t covers", "exact covers")
    names += ("interaction found", "contrast found")
    yield ["noise", "grid", *names]
    for noise, draw in GRID_NOISES.items():
        for design, shape in DESIGNS.items():
            found = row(draw, shape, studies)
            yield [noise, design, *(rate(found[name]) if name in found else "" for name in names)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=STUDIES, help=f"simulated in each row (default: {STUDIES})")
    heads, *rows = table(parser.parse_args().studies)
    print(markdown(heads, rows))


if __name__ == "__main__":
    main()
