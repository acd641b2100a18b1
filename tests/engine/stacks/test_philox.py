import numpy as np
import pytest
import tensorflow as tf

from runner.engine.stacks.philox import keys_and_counters, uniform

SEEDS = tf.constant([[5, 0], [2**31 - 1, 7], [123, 1_000_000], [-9, 3]], tf.int32)


def test_keys_and_counters_are_those_of_tensorflow():
    keys, counters = keys_and_counters(SEEDS)
    for seed, key, counter in zip(SEEDS, keys, counters, strict=True):
        expected = tf.raw_ops.StatelessRandomGetKeyCounter(seed=seed)
        np.testing.assert_array_equal(key, expected.key)
        np.testing.assert_array_equal(counter, expected.counter)


@pytest.mark.parametrize("shape", [(64, 128), (3, 5), (1,)], ids=str)
def test_uniform_numbers_are_those_of_tensorflow_to_the_last_bit(shape):
    drawn = uniform(*keys_and_counters(SEEDS), shape)
    for seed, numbers in zip(SEEDS, drawn, strict=True):
        np.testing.assert_array_equal(numbers, tf.random.stateless_uniform(shape, seed, alg="philox"))
