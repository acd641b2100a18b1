"""Stratified orders of examples, and stratified test parts."""

import numpy as np
import numpy.typing as npt

from runner.core.errors import ConfigError
from runner.core.streams import Stream, seed_sequence
from runner.data.dataset import DataError, Labels, Part

Indices = npt.NDArray[np.int64]


def stratified_order(labels: Labels, generator: np.random.Generator) -> Indices:
    """Return a random order of the examples in which every prefix is stratified, and so is the rest.

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
    starts = generator.random(len(sizes))  # otherwise, all small classes would appear in the same places
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


def hold_out(source: str, part: Part, test_size: float, data_seed: int) -> tuple[Part, Part]:
    """Draw a stratified test part, and shuffle the rest.

    Args:
        source: name of the data in error messages.
        test_size: share of the test part, in (0, 1).
        data_seed: seed of the draw.

    Returns:
        training and test part.

    Raises:
        ConfigError: if the share is invalid.
        DataError: if a part would be empty, or a class has only one example.
    """
    key = f"dataset.test_size={test_size}"
    if isinstance(test_size, bool) or not isinstance(test_size, float) or not 0 < test_size < 1:
        raise ConfigError(f"{key}: must be a number above 0 and below 1")
    refuse_single_examples(f"{source}: {key}", part.labels)
    kept = int(len(part) * (1.0 - test_size))
    if not 0 < kept < len(part):
        raise DataError(
            f"{source}: {key}: leaves {kept} of {len(part)} examples for training and {len(part) - kept} for test"
        )
    order = stratified_order(part.labels, np.random.default_rng(seed_sequence(data_seed, Stream.TEST_PART)))
    train, test = order[:kept], order[kept:]
    return Part(part.inputs[train], part.labels[train]), Part(part.inputs[test], part.labels[test])
