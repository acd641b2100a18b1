"""Validation split, and subsampling, imbalance and label noise of the training part."""

import numpy as np

from runner.core.streams import Stream, seed_sequence
from runner.data.dataset import DataError, Dataset, Labels, Part, Split
from runner.data.splitting.folds import Fold, hold_out_fold
from runner.data.splitting.imbalance import imbalance
from runner.data.splitting.label_noise import mislabel
from runner.data.splitting.strata import Indices, refuse_single_examples, stratified_order

_STRATIFIED = "(dataset.split=stratified draws the same share of each class)"
_CHANCE = 1e-3  # if the probability of missing a class by chance is below this, chance is ruled out
_NEARLY_NONE = 0.1  # fraction of the expected examples
_FEW = 5  # names in a message


def split_dataset(
    dataset: Dataset,
    validation_split: float,
    split: str,
    split_seed: int,
    train_size: int | None = None,
    label_noise: float | None = None,
    class_imbalance: float | None = None,
    fold: Fold | None = None,
) -> Split:
    """Split off a validation part; on request, make the rest imbalanced, then smaller, then noisy.

    A data set with its own validation part keeps it, and its whole training set; `validation_split` is then ignored.

    Args:
        validation_split: the share, in (0, 1); the training part keeps floor((1 - share) * examples), as in Keras.
        split: "last" takes the last examples (as `model.fit(validation_split=...)`), "random" draws them, "stratified"
            draws the same share of each class.
        split_seed: seed of the draws.
        train_size: number of training examples to keep: the first ones, which are random after a draw. A larger set
            includes a smaller one.
        label_noise: share of wrong training labels, in (0, 1).
        class_imbalance: ratio of the largest to the smallest class in training, at least 1.
        fold: the fold to hold out as the test part; None: the data set's own test part is used.

    Raises:
        DataError: if a part would be empty, there are too few examples, a class would be missing from the training
            part, or a part lacks a class that it cannot lack by chance, as in data sorted by class.
    """
    held_out = ""
    if fold is not None:
        dataset, held_out = hold_out_fold(dataset, fold, split_seed)
    notes = _notes_on_absent_classes(dataset, "test", dataset.test_labels)
    whole = _ordered(dataset, split, split_seed)
    if dataset.validation:
        train, validation = whole, dataset.validation
        notes += _notes_on_absent_classes(dataset, "validation", validation.labels)
    else:
        train, validation = _cut(whole, validation_split)
        _refuse_classes_of_validation_alone(dataset, split, train.labels, validation.labels)
        key = f"dataset.split={split}"
        notes += _notes_on_missing_classes(dataset, key, "validation", validation.labels, whole.labels)
    if class_imbalance is not None:
        train = imbalance(train, class_imbalance, dataset.classes)
    if train_size is not None:
        left = train
        train = _first(train, train_size)
        notes += _notes_on_missing_classes(
            dataset, f"dataset.train_size={train_size}", "training", train.labels, left.labels
        )
    if label_noise is not None:
        train = mislabel(train, label_noise, dataset.classes, split_seed)
    test = Part(dataset.test_inputs, dataset.test_labels)
    return Split(train=train, validation=validation, test=test, notes=tuple(notes), held_out=held_out)


def _ordered(dataset: Dataset, split: str, split_seed: int) -> Part:
    """Return the training examples in an order from whose end the validation part is taken."""
    whole = Part(dataset.train_inputs, dataset.train_labels)
    if split == "last":
        return whole
    order = _drawn_order(split, whole.labels, split_seed)
    return Part(whole.inputs[order], whole.labels[order])


def _cut(whole: Part, validation_split: float) -> tuple[Part, Part]:
    """Return the training and the validation part."""
    examples = len(whole)
    kept = int(examples * (1.0 - validation_split))
    if not 0 < kept < examples:
        raise DataError(
            f"dataset.validation_split={validation_split}: leaves {kept} of {examples} examples for training and "
            f"{examples - kept} for validation"
        )
    return Part(whole.inputs[:kept], whole.labels[:kept]), Part(whole.inputs[kept:], whole.labels[kept:])


def _drawn_order(split: str, labels: Labels, split_seed: int) -> Indices:
    generator = np.random.default_rng(seed_sequence(split_seed, Stream.SPLIT))
    if split == "random":
        return generator.permutation(len(labels))
    refuse_single_examples(f"dataset.split={split}", labels)
    return stratified_order(labels, generator)


def _refuse_classes_of_validation_alone(dataset: Dataset, split: str, train: Labels, validation: Labels) -> None:
    """Raise DataError for a class that occurs only in the validation part, as in data sorted by class."""
    if len(missing := np.setdiff1d(validation, train)):
        raise DataError(
            f"dataset.split={split}: class {dataset.name_of(missing[0])} is only in the validation part; "
            f"are the data sorted by class? {_STRATIFIED}"
        )


def _notes_on_missing_classes(dataset: Dataset, key: str, name: str, part: Labels, whole: Labels) -> list[str]:
    """Return a note on rare classes that a part lacks by chance.

    Args:
        key: the key that made the part, with its value.
        name: name of the part.
        whole: the labels from which the part was taken.

    Raises:
        DataError: if the part has fewer examples of a class than chance can explain.
    """
    share = len(part) / len(whole)
    there, all_of_them = (np.bincount(labels, minlength=dataset.classes) for labels in (part, whole))
    is_short = there < _NEARLY_NONE * share * all_of_them
    is_chance = (1 - share) ** all_of_them > _CHANCE
    if len(odd := np.flatnonzero(is_short & ~is_chance)):
        first = odd[0]
        raise DataError(
            f"{key}: {there[first]} of the {all_of_them[first]} examples of class {dataset.name_of(first)} are in the "
            f"{name} part, which contains {share:.0%} of all examples, so it cannot measure that class. "
            f"Are the data sorted by class? {_STRATIFIED}"
        )
    return _absent(dataset, key, name, np.flatnonzero(is_short & (there == 0)))


def _notes_on_absent_classes(dataset: Dataset, name: str, part: Labels) -> list[str]:
    """Return a note on classes that a part from the source lacks."""
    missing = np.setdiff1d(np.arange(dataset.classes), part)
    return _absent(dataset, "dataset", name, missing)


def _absent(dataset: Dataset, key: str, name: str, missing: Indices) -> list[str]:
    if not len(missing):
        return []
    names = [dataset.name_of(label) for label in missing[:_FEW]]
    shown = ", ".join(names) + (", ..." if len(missing) > _FEW else "")
    return [f"{key}: the {name} part has no example of class {shown}."]


def _first(part: Part, train_size: int) -> Part:
    if train_size > len(part):
        raise DataError(f"dataset.train_size={train_size}: there are only {len(part)} training examples")
    return Part(part.inputs[:train_size], part.labels[:train_size])
