from dataclasses import replace

import numpy as np
import pytest
from sklearn.model_selection import StratifiedKFold

from runner.core.streams import Stream, integer_seed, seed_sequence
from runner.data.dataset import DataError, Dataset, Part
from runner.data.splitting.folds import Fold
from runner.data.splitting.splits import split_dataset

_CLASSES = np.repeat([0, 1, 2], [40, 25, 12]).astype(np.int32)  # sorted, as in a folder of images


def numbered(*, draws_test: bool = True) -> Dataset:
    """A data set whose n-th example has the value n; its test part is the last 17, from all classes."""
    order = np.random.default_rng(0).permutation(len(_CLASSES))
    numbers = np.arange(len(_CLASSES), dtype=np.float32)[:, None]
    labels = np.sort(_CLASSES[order][:60]), np.sort(_CLASSES[order][60:])
    return Dataset("numbers", "here", 3, numbers[:60], labels[0], numbers[60:], labels[1], draws_test=draws_test)


def numbers(part: Part) -> list[int]:
    return part.inputs.ravel().astype(int).tolist()


def splits(folds: int, seed: int = 0, **options):
    dataset = numbered()
    return [split_dataset(dataset, 0.2, "last", seed, fold=Fold(number, folds), **options) for number in range(folds)]


def test_every_example_is_held_out_once_and_never_trains_or_validates_then():
    found = splits(5)
    assert sorted(number for split in found for number in numbers(split.test)) == list(range(77))
    for split in found:
        parts = (split.train, split.validation, split.test)
        assert sorted(number for part in parts for number in numbers(part)) == list(range(77))


def test_the_folds_are_those_of_scikit_learn():
    dataset = numbered()
    labels = np.concatenate([dataset.train_labels, dataset.test_labels])
    draw = integer_seed(seed_sequence(3, Stream.FOLDS))
    expected = StratifiedKFold(4, shuffle=True, random_state=draw).split(labels, labels)
    assert [numbers(split.test) for split in splits(4, seed=3)] == [test.tolist() for _, test in expected]


def test_test_and_validation_hold_the_share_of_each_class_although_the_data_are_sorted():
    for split in splits(5):
        np.testing.assert_allclose(np.bincount(split.test.labels), [8, 5, 2.4], atol=1)
        np.testing.assert_allclose(np.bincount(split.validation.labels), [6.4, 4, 1.9], atol=1)


def test_inputs_keep_their_labels():
    dataset = numbered()
    labels = np.concatenate([dataset.train_labels, dataset.test_labels])
    for part in (splits(3)[1].train, splits(3)[1].test):
        assert np.array_equal(part.labels, labels[numbers(part)])


def test_the_draw_follows_the_split_seed_alone():
    one, again, other = (numbers(splits(5, seed)[0].test) for seed in (0, 0, 1))
    assert one == again != other


def test_a_fold_is_identified_by_the_examples_that_it_holds_out():
    """Labels cannot identify a fold, because two folds may have the same labels in the same order."""
    found = splits(5)
    assert len({split.held_out for split in found}) == 5
    assert [split.held_out for split in splits(5, train_size=20)] == [split.held_out for split in found]
    assert split_dataset(numbered(), 0.2, "stratified", 0).held_out == ""


def test_a_test_part_of_the_sources_own_is_folded_only_on_request():
    dataset = numbered(draws_test=False)
    with pytest.raises(DataError, match=r"dataset.folds=5: numbers has its own test part.*fold_from=all.*train"):
        split_dataset(dataset, 0.2, "last", 0, fold=Fold(0, 5))
    together, alone = (split_dataset(dataset, 0.2, "last", 0, fold=Fold(0, 5, source)) for source in ("all", "train"))
    assert sum(together.sizes.values()) == 77
    assert sum(alone.sizes.values()) == 60
    assert max(numbers(alone.train) + numbers(alone.validation) + numbers(alone.test)) == 59


def test_a_validation_part_of_the_sources_own_stays_that_of_every_fold():
    own = Part(np.full((6, 1), -1, np.float32), np.array([0, 1, 2] * 2, np.int32))
    split = split_dataset(replace(numbered(), validation=own), 0.2, "last", 0, fold=Fold(2, 5))
    assert split.validation is own
    assert len(split.train) + len(split.test) == 77


def test_a_class_with_fewer_examples_than_folds_is_refused():
    with pytest.raises(DataError, match=r"dataset.folds=13: class 2 has 12 of the 77 examples; every fold needs one"):
        split_dataset(numbered(), 0.2, "last", 0, fold=Fold(0, 13))
