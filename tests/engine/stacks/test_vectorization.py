"""Operations on many models at once give the same results as on each model alone."""

import numpy as np
import pytest
import tensorflow as tf

from runner.engine.stacks.vectorization import NotVectorized, reason_in_words

VALUES = tf.constant([[[1.0, -2.0], [0.0, 3.0]], [[4.0, 5.0], [-0.0, 1.0]]])
SEEDS = tf.constant([[7, 0], [9, 3]], tf.int32)


def vectorized(function, values):
    with reason_in_words():
        mapped = tf.function(
            lambda given: tf.vectorized_map(function, given, fallback_to_while_loop=False), autograph=False
        )
        return mapped(values)


@pytest.mark.parametrize(
    ("function", "values"),
    [
        (lambda value: tf.bitcast(value, tf.int32), VALUES),
        (tf.nn.l2_loss, VALUES),
        (lambda seed: tf.nn.experimental.stateless_dropout(tf.ones([8, 5]), 0.4, seed), SEEDS),
    ],
    ids=["bitcast", "l2_loss", "dropout"],
)
def test_an_operation_on_all_elements_is_that_on_each(function, values):
    np.testing.assert_array_equal(vectorized(function, values), [function(value) for value in values])


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda seed: tf.random.stateless_normal([3], seed), "TensorFlow cannot vectorize StatelessRandomNormalV2"),
        (lambda seed: tf.random.stateless_uniform([3], seed, dtype=tf.float16), "must be float32"),
    ],
)
def test_what_cannot_be_vectorized_is_said(function, reason):
    with pytest.raises(NotVectorized, match=reason):
        vectorized(function, SEEDS)
