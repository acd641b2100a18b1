"""Validation out of the training set."""

import numpy as np

from runner.data.dataset import Dataset, Part, Split
from runner.data.errors import DataError
from runner.data.streams import Stream, seed_sequence


def split_dataset(dataset: Dataset, validation_split: float, split: str, split_seed: int) -> Split:
    """Set a share of the training set aside for validation.

    Args:
        validation_split: the share, in (0, 1); the training part keeps floor((1 - share) * examples), as Keras does.
        split: "last" takes the last examples (as `model.fit(validation_split=...)`), "random" draws them.
        split_seed: of the draw.

    Raises:
        DataError: if a part would be empty.
    """
    examples = len(dataset.train_labels)
    kept = int(examples * (1.0 - validation_split))
    if not 0 < kept < examples:
        raise DataError(
            f"dataset.validation_split={validation_split}: leaves {kept} of {examples} examples for training and "
            f"{examples - kept} for validation"
        )
    if split == "last":
        images, labels = dataset.train_images, dataset.train_labels
    else:
        order = np.random.default_rng(seed_sequence(split_seed, Stream.SPLIT)).permutation(examples)
        images, labels = dataset.train_images[order], dataset.train_labels[order]
    return Split(
        train=Part(images[:kept], labels[:kept]),
        validation=Part(images[kept:], labels[kept:]),
        test=Part(dataset.test_images, dataset.test_labels),
    )
