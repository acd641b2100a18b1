"""Validation out of the training set, and what a study makes of the rest: fewer examples, wrong or rare labels."""

import numpy as np

from runner.data.dataset import Dataset, Labels, Part, Split
from runner.data.errors import DataError
from runner.data.imbalance import imbalance
from runner.data.label_noise import mislabel
from runner.data.strata import Indices, refuse_single_examples, stratified_order
from runner.data.streams import Stream, seed_sequence


def split_dataset(
    dataset: Dataset,
    validation_split: float,
    split: str,
    split_seed: int,
    train_size: int | None = None,
    label_noise: float | None = None,
    class_imbalance: float | None = None,
) -> Split:
    """Set a share of the training set aside for validation; thin out, cut and mislabel the rest, in that order.

    Args:
        validation_split: the share, in (0, 1); the training part keeps floor((1 - share) * examples), as Keras does.
        split: "last" takes the last examples (as `model.fit(validation_split=...)`), "random" draws them, "stratified"
            draws the same share of each class.
        split_seed: of the draws.
        train_size: examples that are left for training: the first ones, which after a draw are drawn too. Those of a
            smaller size are among those of a larger.
        label_noise: share of wrong training labels, in (0, 1).
        class_imbalance: training examples of the largest class for one of the smallest, at least 1.

    Raises:
        DataError: if a part would be empty, a class would be missing in training, or there are too few examples.
    """
    examples = len(dataset.train_labels)
    kept = int(examples * (1.0 - validation_split))
    if not 0 < kept < examples:
        raise DataError(
            f"dataset.validation_split={validation_split}: leaves {kept} of {examples} examples for training and "
            f"{examples - kept} for validation"
        )
    inputs, labels = dataset.train_inputs, dataset.train_labels
    if split != "last":
        order = _drawn_order(split, labels, split_seed)
        inputs, labels = inputs[order], labels[order]
    train, validation = Part(inputs[:kept], labels[:kept]), Part(inputs[kept:], labels[kept:])
    _refuse_missing_classes(split, train.labels, validation.labels)
    if class_imbalance is not None:
        train = imbalance(train, class_imbalance, dataset.classes)
    if train_size is not None:
        train = _first(train, train_size)
    if label_noise is not None:
        train = mislabel(train, label_noise, dataset.classes, split_seed)
    return Split(train=train, validation=validation, test=Part(dataset.test_inputs, dataset.test_labels))


def _drawn_order(split: str, labels: Labels, split_seed: int) -> Indices:
    generator = np.random.default_rng(seed_sequence(split_seed, Stream.SPLIT))
    if split == "random":
        return generator.permutation(len(labels))
    refuse_single_examples(f"dataset.split={split}", labels)
    return stratified_order(labels, generator)


def _refuse_missing_classes(split: str, train: Labels, validation: Labels) -> None:
    """Raise DataError for a class that only validation has: data sorted by class, whose last examples are set aside."""
    if len(missing := np.setdiff1d(validation, train)):
        raise DataError(
            f"dataset.split={split}: class {missing[0]} is in the validation part alone; are the data sorted by class? "
            "(dataset.split=stratified draws from each class)"
        )


def _first(part: Part, train_size: int) -> Part:
    if train_size > len(part):
        raise DataError(f"dataset.train_size={train_size}: there are {len(part)} training examples")
    return Part(part.inputs[:train_size], part.labels[:train_size])
