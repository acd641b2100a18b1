import itertools

import numpy as np

from runner.core.streams import Stream, integer_seed, seed_sequence


def numbers(seed, stream, *keys):
    return tuple(np.random.default_rng(seed_sequence(seed, stream, *keys)).integers(0, 2**32, 4))


def test_seeds_streams_and_their_children_are_all_different():
    drawn = [
        numbers(seed, stream, *keys)
        for seed, stream, keys in itertools.product((0, 1, 2), Stream, [(), (0,), (1,), (0, 1)])
    ]
    assert len(set(drawn)) == len(drawn)


def test_a_stream_is_a_function_of_its_seed():
    assert numbers(0, Stream.SHUFFLE, 3) == numbers(0, Stream.SHUFFLE, 3)


def test_the_streams_keep_their_numbers_since_results_depend_on_them():
    assert [(stream.name, stream.value) for stream in Stream] == [
        ("SPLIT", 0),
        ("WEIGHTS", 1),
        ("SHUFFLE", 2),
        ("DROPOUT", 3),
        ("AUGMENTATION", 4),
        ("LABEL_NOISE", 5),
        ("TEST_PART", 6),
        ("FOLDS", 7),
    ]


def test_integer_seeds_fit_a_non_negative_int32():
    seeds = [integer_seed(seed_sequence(seed, Stream.WEIGHTS)) for seed in range(200)]
    assert len(set(seeds)) == 200
    assert all(0 <= seed < 2**31 for seed in seeds)
