"""TensorFlow's stateless random numbers for many seeds at once, bit for bit, in one kernel.

TensorFlow's own operations take one seed, so a stack would launch them once for each of its runs.

Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3" (Philox-4x32-10). TensorFlow's
`stateless_random_ops_v2.cc` derives key and counter from a seed, and its `random_distributions.h` derives floats from
bits.
"""

import math
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

_ROUNDS = 10
_MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
_KEY_STEPS = 0x9E3779B9, 0xBB67AE85
_SCRAMBLING_KEY = 0x3EC8F720, 0x02461E29
_LOW = 0xFFFFFFFF
_MANTISSA, _ONE = 0x7FFFFF, 0x3F800000  # bits of float32

Words = tuple[Any, ...]  # uint32 tensors of equal shape

_xor = tf.bitwise.bitwise_xor


@tf.function(jit_compile=True, autograph=False, reduce_retracing=True)
def keys_and_counters(seeds: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return a key (runs, 1) and a counter (runs, 2) for each seed, as StatelessRandomGetKeyCounter does.

    Args:
        seeds: (runs, 2), of int32.
    """
    first, second = (tf.cast(tf.cast(seeds[:, column], tf.int64), tf.uint64) for column in (0, 1))
    key = tuple(tf.constant(word, tf.uint32) for word in _SCRAMBLING_KEY)
    mixed = _philox((*_halves(first), *_halves(second)), key)
    return _joined(*mixed[:2])[:, None], tf.stack([tf.zeros_like(first), _joined(*mixed[2:])], axis=1)


def uniform(keys: tf.Tensor, counters: tf.Tensor, shape: Sequence[int]) -> tf.Tensor:
    """Return float32 numbers in [0, 1) of shape (runs, *shape), as StatelessRandomUniformV2 draws them for each run."""
    return tf.reshape(_uniform(keys, counters, tf.zeros([math.prod(shape)])), [-1, *shape])


@tf.function(jit_compile=True, autograph=False)
def _uniform(keys: tf.Tensor, counters: tf.Tensor, like: tf.Tensor) -> tf.Tensor:
    """Return (runs, numbers): as many as `like` has, because a compiled function needs static shapes."""
    count = like.shape[0]
    low = counters[:, :1] + tf.cast(tf.range(-(-count // 4), dtype=tf.int64), tf.uint64)[None]
    high = tf.broadcast_to(counters[:, 1:], tf.shape(low))
    words = tf.stack(_philox((*_halves(low), *_halves(high)), _halves(keys)), axis=-1)
    bits = tf.reshape(words, [words.shape[0], -1])[:, :count]
    bits = tf.bitwise.bitwise_or(tf.bitwise.bitwise_and(bits, _word(_MANTISSA)), _word(_ONE))
    return tf.bitcast(bits, tf.float32) - 1.0


def _philox(counter: Words, key: Words) -> Words:
    """Return four random words for each counter of four words."""
    for _ in range(_ROUNDS):
        high_0, low_0 = _product(_MULTIPLIERS[0], counter[0])
        high_1, low_1 = _product(_MULTIPLIERS[1], counter[2])
        counter = (
            _xor(_xor(high_1, counter[1]), key[0]),
            low_1,
            _xor(_xor(high_0, counter[3]), key[1]),
            low_0,
        )
        key = tuple(word + _word(step) for word, step in zip(key, _KEY_STEPS, strict=True))
    return counter


def _product(factor: int, word: tf.Tensor) -> Words:
    """Return the high and the low word of a product."""
    low, high = _halves(tf.constant(factor, tf.uint64) * tf.cast(word, tf.uint64))
    return high, low


def _halves(number: tf.Tensor) -> Words:
    """Return the low and the high word of a uint64."""
    low = tf.bitwise.bitwise_and(number, tf.constant(_LOW, tf.uint64))
    high = tf.bitwise.right_shift(number, tf.constant(32, tf.uint64))
    return tf.cast(low, tf.uint32), tf.cast(high, tf.uint32)


def _joined(low: tf.Tensor, high: tf.Tensor) -> tf.Tensor:
    shifted = tf.bitwise.left_shift(tf.cast(high, tf.uint64), tf.constant(32, tf.uint64))
    return tf.bitwise.bitwise_or(tf.cast(low, tf.uint64), shifted)


def _word(value: int) -> tf.Tensor:
    return tf.constant(value, tf.uint32)
