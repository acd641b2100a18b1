"""Folds of cross-validation: one is held out for testing, and the others are used for training and validation."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from runner.core.streams import Stream, integer_seed, seed_sequence
from runner.data.dataset import DataError, Dataset, Labels, fingerprint
from runner.data.splitting.strata import Indices, stratified_order

Source = Literal["all", "train"]


@dataclass(frozen=True)
class Fold:
    """A fold to hold out: its number (counted from 0), the number of folds, and the examples to divide.

    `source`: all examples, or only the training examples; None: all, unless the data have their own test part.
    """

    number: int
    of: int
    source: Source | None = None


def hold_out_fold(dataset: Dataset, fold: Fold, split_seed: int) -> tuple[Dataset, str]:
    """Return the data set with a fold as its test part, and the identity of that fold.

    The folds are stratified. Every fold contains the same share of each class, and no two folds share an example. The
    training part gets a stratified random order, so that any suffix of it is also stratified. The source's own
    validation part is kept.

    Args:
        split_seed: seed of the draw of all folds, and of the order.

    Returns:
        the data set; 12 hexadecimal digits that identify the held-out examples among those of one data set.

    Raises:
        DataError: if the data have their own test part and the fold has no `source`, or a class has fewer examples
            than there are folds.

    Source of the draw: scikit-learn's StratifiedKFold.
    """
    inputs, labels = dataset.train_inputs, dataset.train_labels
    from sklearn.model_selection import StratifiedKFold  # takes a second, and most runs have no folds

    if fold.source is None and not dataset.draws_test:
        raise DataError(
            f"dataset.folds={fold.of}: {dataset.name} has its own test part. dataset.fold_from=all divides both "
            "parts into folds; dataset.fold_from=train only the training part"
        )
    if fold.source != "train":
        inputs = np.concatenate([inputs, dataset.test_inputs])
        labels = np.concatenate([labels, dataset.test_labels])
    _refuse_rare(dataset, labels, fold)
    draw = integer_seed(seed_sequence(split_seed, Stream.FOLDS))
    folds = StratifiedKFold(fold.of, shuffle=True, random_state=draw).split(np.zeros(len(labels)), labels)
    test = [held_out for _, held_out in folds][fold.number]
    rest = _shuffled(np.setdiff1d(np.arange(len(labels)), test), labels, split_seed, fold.number)
    held_out = fingerprint(test.astype(np.int64))[:12]
    return replace(
        dataset,
        train_inputs=inputs[rest],
        train_labels=labels[rest],
        test_inputs=inputs[test],
        test_labels=labels[test],
    ), held_out


def _shuffled(places: Indices, labels: Labels, split_seed: int, number: int) -> Indices:
    generator = np.random.default_rng(seed_sequence(split_seed, Stream.FOLDS, number))
    return places[stratified_order(labels[places], generator)]


def _refuse_rare(dataset: Dataset, labels: Labels, fold: Fold) -> None:
    counts = np.bincount(labels, minlength=dataset.classes)
    if counts.min() < fold.of:
        rarest = int(counts.argmin())
        raise DataError(
            f"dataset.folds={fold.of}: class {dataset.name_of(rarest)} has {counts[rarest]} of the {len(labels)} "
            "examples; every fold needs one of each class. Use fewer folds, or leave the class out"
        )
