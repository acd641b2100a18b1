"""Rules for operations that `tf.vectorized_map` cannot vectorize itself, and errors for those without a rule.

The rules take effect when this module is imported.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

from runner.engine.keras_internals import vectorization_rule
from runner.engine.stacks.philox import keys_and_counters, uniform

_NO_RULE = re.compile(r"No pfor vectorization defined for (\w+)")


class NotVectorized(Exception):
    """A function cannot be vectorized; the text gives the reason."""


@contextmanager
def reason_in_words() -> Iterator[None]:
    """Turn any error in the block into NotVectorized."""
    try:
        yield
    except Exception as error:  # Keras's and TensorFlow's functions raise errors of any type when shapes do not fit
        text = str(error).strip() or type(error).__name__
        missing = _NO_RULE.search(text)
        said = f"TensorFlow cannot vectorize {missing[1]}" if missing else text.splitlines()[0]
        raise NotVectorized(said) from error


@vectorization_rule("Bitcast")
def _bitcast(given: Any) -> list[Any]:
    return [tf.bitcast(given.stacked_input(0), given.get_attr("type"))]


@vectorization_rule("L2Loss")
def _l2_loss(given: Any) -> list[Any]:
    values = given.stacked_input(0)
    return [tf.reduce_sum(tf.square(values), axis=range(1, values.shape.rank)) / 2]


@vectorization_rule("StatelessRandomGetKeyCounter")
def _keys_and_counters(given: Any) -> list[Any]:
    return list(keys_and_counters(given.stacked_input(0)))


@vectorization_rule("StatelessRandomUniformV2")
def _uniform(given: Any) -> list[Any]:
    shape = tf.get_static_value(given.unstacked_input(0))
    if shape is None or given.get_attr("dtype") != tf.float32:
        raise NotVectorized("random numbers for several runs at once must be float32 and have a known shape")
    return [uniform(given.stacked_input(1), given.stacked_input(2), shape.tolist())]
