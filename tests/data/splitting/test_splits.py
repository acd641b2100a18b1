from dataclasses import replace

import numpy as np
import pytest

from runner.data.dataset import DataError, Dataset, Part
from runner.data.splitting.splits import split_dataset


def numbered(examples: int, labels=None) -> Dataset:
    """A data set whose n-th training image has the value n; its classes alternate unless given."""
    numbers = np.arange(examples)
    images = np.broadcast_to(numbers[:, None, None, None], (examples, 1, 1, 1)).astype(np.float32)
    classes = (numbers % 2 if labels is None else np.asarray(labels)).astype(np.int32)
    return Dataset("numbers", "here", classes.max() + 1, images, classes, images[:3], classes[:3])


def numbers(part) -> list[int]:
    return part.inputs.ravel().astype(int).tolist()


@pytest.mark.parametrize(
    ("examples", "share", "kept"), [(60_000, 0.2, 48_000), (10, 0.2, 8), (11, 0.2, 8), (7, 0.5, 3), (1000, 0.001, 999)]
)
def test_last_keeps_the_first_examples_as_keras_counts_them(examples, share, kept):
    split = split_dataset(numbered(examples), share, "last", 0)
    assert numbers(split.train) == list(range(kept))
    assert numbers(split.validation) == list(range(kept, examples))
    assert split.sizes == {"train": kept, "validation": examples - kept, "test": 3}


@pytest.mark.parametrize("choice", ["random", "stratified"])
class TestDrawn:
    def test_it_is_a_partition_that_keeps_images_with_their_labels(self, choice):
        dataset = numbered(100)
        split = split_dataset(dataset, 0.3, choice, 0)
        together = numbers(split.train) + numbers(split.validation)
        assert split.sizes == {"train": 70, "validation": 30, "test": 3}
        assert sorted(together) == list(range(100))
        assert together != list(range(100))
        for part in (split.train, split.validation):
            assert np.array_equal(dataset.train_labels[numbers(part)], part.labels)

    def test_it_follows_its_own_seed_alone(self, choice):
        one, again, other = (numbers(split_dataset(numbered(50), 0.2, choice, seed).train) for seed in (0, 0, 1))
        assert one == again != other


def test_random_is_the_permutation_of_the_stream():
    """Published figures depend on this permutation."""
    order = np.random.default_rng(np.random.SeedSequence(3, spawn_key=(0,))).permutation(50)
    split = split_dataset(numbered(50), 0.2, "random", 3)
    assert numbers(split.train) + numbers(split.validation) == order.tolist()


def test_stratified_keeps_the_proportions_of_the_classes():
    labels = np.repeat([0, 1, 2], [700, 250, 50])  # sorted: the last 20% would contain only classes 1 and 2
    split = split_dataset(numbered(1000, labels), 0.2, "stratified", 0)
    np.testing.assert_allclose(np.bincount(split.validation.labels), [140, 50, 10], atol=1)
    np.testing.assert_allclose(np.bincount(split.train.labels), [560, 200, 40], atol=1)


def test_stratified_needs_two_examples_of_each_class():
    with pytest.raises(DataError, match=r"dataset.split=stratified: class 1 has 1 example; .* at least 2 of each"):
        split_dataset(numbered(11, [0] * 10 + [1]), 0.2, "stratified", 0)


def test_a_class_that_training_would_never_see_is_an_error_that_says_what_to_do():
    dataset = numbered(10, [0] * 8 + [1] * 2)
    with pytest.raises(DataError, match=r"dataset.split=last: class 1 is only in the validation part.*stratified"):
        split_dataset(dataset, 0.2, "last", 0)
    assert set(split_dataset(dataset, 0.5, "stratified", 0).train.labels) == {0, 1}


SORTED = np.repeat([0, 1, 2], 40)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.r_[SORTED, [1, 0, 1, 0] * 10], "class 2 are in the validation part"),
        (np.r_[np.tile([0, 1, 2], 80), [0, 1] * 30, 2], "1 of the 81 examples of class 2 are in"),
    ],
    ids=["missing", "nearly missing"],
)
def test_a_validation_part_without_a_class_that_no_draw_would_miss_is_refused(labels, said):
    dataset = numbered(len(labels), labels)
    with pytest.raises(DataError, match=rf"^dataset\.split=last: .*{said}.*sorted by class\? .*stratified"):
        split_dataset(dataset, 0.2, "last", 0)
    assert set(split_dataset(dataset, 0.2, "stratified", 0).validation.labels) == {0, 1, 2}


def test_classes_are_named_in_errors_and_notes():
    dataset = replace(numbered(120, np.repeat([0, 1, 2], [48, 48, 24])), class_names=("ant", "bee", "cat"))
    with pytest.raises(DataError, match="class cat is only in the validation part"):
        split_dataset(dataset, 0.2, "last", 0)
    rare = replace(numbered(100, [2, 2, *[0, 1] * 49]), class_names=("ant", "bee", "cat"))
    *_, note = split_dataset(rare, 0.2, "last", 0).notes
    assert note == "dataset.split=last: the validation part has no example of class cat."


def test_a_few_examples_of_sorted_data_are_refused_and_those_of_mixed_data_noted():
    with pytest.raises(DataError, match=r"^dataset\.train_size=40: 0 of the 50 examples of class 1 are in"):
        split_dataset(numbered(125, [*[0] * 50, *[1] * 50, *[0, 1] * 12, 0]), 0.2, "last", 0, train_size=40)
    mixed = numbered(125, np.tile(np.arange(5), 25))
    notes = split_dataset(mixed, 0.2, "last", 0, train_size=4).notes
    assert notes[-1] == "dataset.train_size=4: the training part has no example of class 4."


def test_an_empty_part_is_an_error_with_both_sizes():
    with pytest.raises(DataError, match=r"leaves 0 of 5 examples for training and 5 for validation"):
        split_dataset(numbered(5), 0.999, "last", 0)


class TestTrainSize:
    def test_last_keeps_the_first_examples_and_the_same_validation_part(self):
        split = split_dataset(numbered(100), 0.2, "last", 0, train_size=10)
        assert numbers(split.train) == list(range(10))
        assert numbers(split.validation) == list(range(80, 100))

    @pytest.mark.parametrize("choice", ["last", "random", "stratified"])
    def test_a_smaller_one_is_a_subset_of_a_larger(self, choice):
        whole = split_dataset(numbered(100), 0.2, choice, 0)
        sets = [numbers(split_dataset(numbered(100), 0.2, choice, 0, train_size=size).train) for size in (7, 30, 80)]
        assert set(sets[0]) < set(sets[1]) < set(sets[2]) == set(numbers(whole.train))
        assert [len(drawn) for drawn in sets] == [7, 30, 80]

    def test_stratified_draws_equally_from_classes_of_one_size(self):
        labels = np.repeat(np.arange(10), 20)
        split = split_dataset(numbered(200, labels), 0.2, "stratified", 0, train_size=50)
        assert np.bincount(split.train.labels).tolist() == [5] * 10

    def test_more_than_there_are_is_an_error_with_both_numbers(self):
        with pytest.raises(DataError, match=r"dataset.train_size=81: there are only 80 training examples"):
            split_dataset(numbered(100), 0.2, "last", 0, train_size=81)


class TestTogether:
    def test_validation_and_test_are_left_as_they_are(self):
        dataset = numbered(1000)
        plain = split_dataset(dataset, 0.2, "random", 0)
        changed = split_dataset(dataset, 0.2, "random", 0, train_size=90, label_noise=0.5, class_imbalance=10)
        assert changed.validation.labels.tolist() == plain.validation.labels.tolist()
        assert changed.test.labels.tolist() == dataset.test_labels.tolist()

    def test_the_order_is_imbalance_then_size_then_noise(self):
        dataset = numbered(1000)
        split = split_dataset(dataset, 0.2, "last", 0, train_size=110, label_noise=0.1, class_imbalance=10)
        before = dataset.train_labels[numbers(split.train)]
        assert np.bincount(before).tolist() == [100, 10]  # the first quarter of 400 and 40: imbalance came first
        assert (before != split.train.labels).sum() == 11  # a tenth of the remaining examples

    def test_the_data_set_itself_is_never_changed(self):
        dataset = numbered(100)
        labels = dataset.train_labels.copy()
        split_dataset(dataset, 0.2, "last", 0, label_noise=0.9)
        assert np.array_equal(dataset.train_labels, labels)


def with_validation(labels, test=(0, 1, 2)):
    """Twelve training examples of three classes, and a validation part with these labels."""
    inputs = np.arange(12, dtype=np.float32)[:, None]
    own = Part(100 + np.arange(len(labels), dtype=np.float32)[:, None], np.array(labels, np.int32))
    test_labels = np.array(test, np.int32)
    return Dataset(
        "own", "made", 3, inputs, np.arange(12, dtype=np.int32) % 3, inputs[: len(test)], test_labels,
        class_names=("a", "b", "c"), validation=own,
    )  # fmt: skip


@pytest.mark.parametrize("way", ["last", "random", "stratified"])
def test_a_validation_part_of_the_sources_own_is_used_and_all_of_training_is_left(way):
    dataset = with_validation([0, 1, 2])
    split = split_dataset(dataset, 0.25, way, 0)
    assert split.validation.inputs.ravel().tolist() == [100, 101, 102]
    assert sorted(split.train.inputs.ravel()) == list(range(12))
    assert not split.notes


def test_classes_that_test_or_validation_lack_are_said():
    notes = split_dataset(with_validation([0, 1], test=(1, 2)), 0.25, "last", 0).notes
    assert notes[0] == "dataset: the test part has no example of class a."
    assert notes[-1] == "dataset: the validation part has no example of class c."
