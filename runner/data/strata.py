"""Stratified orders: every prefix keeps the class proportions of the whole."""

import numpy as np
import numpy.typing as npt

from runner.data.dataset import Labels
from runner.data.errors import DataError

Indices = npt.NDArray[np.int64]


def stratified_order(labels: Labels, generator: np.random.Generator) -> Indices:
    """Return a random order of the examples in which every prefix, and its rest, is stratified.

    The examples of a class are spread evenly over the order, by systematic sampling. Classes of equal size differ by at
    most one example in any prefix.

    Args:
        labels: (examples,), integers from 0.

    Returns:
        indices: (examples,).
    """
    shuffled = generator.permutation(len(labels))
    mixed = labels[shuffled]
    sizes = np.bincount(labels)
    starts = generator.random(len(sizes))  # else all small classes would appear at the same places
    places = (ranks_in_class(mixed) + starts[mixed]) / sizes[mixed]
    order: Indices = shuffled[np.argsort(places, kind="stable")]
    return order


def ranks_in_class(labels: Labels) -> Indices:
    """Return the number of earlier examples of the same class, for each example: (examples,)."""
    sizes = np.bincount(labels)
    first = np.cumsum(sizes) - sizes
    ranks = np.empty(len(labels), np.int64)
    ranks[np.argsort(labels, kind="stable")] = np.arange(len(labels)) - np.repeat(first, sizes)
    return ranks


def refuse_single_examples(key: str, labels: Labels) -> None:
    """Raise DataError if a class has a single example, which cannot be in both parts of a split."""
    single = np.flatnonzero(np.bincount(labels) == 1)
    if len(single):
        raise DataError(f"{key}: class {single[0]} has 1 example; a stratified split needs at least 2 of each class")
