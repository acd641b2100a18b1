"""Initial weights that depend only on the seed and a variable's shape, not on the rest of the model."""

import hashlib
from collections import Counter
from contextlib import nullcontext
from typing import Any

import keras

from runner.core.streams import Stream, integer_seed, seed_sequence
from runner.data.dataset import fingerprint
from runner.engine.keras_internals import kernels_kept, layers_within


def fresh_session(seed: int, *, keep_kernels: bool = False) -> None:
    """Clear Keras's state from earlier models, and seed its global random generator, as used by dropout.

    Call this function before building a model.

    Args:
        keep_kernels: see `kernels_kept`.
    """
    precision = keras.config.dtype_policy()
    with kernels_kept() if keep_kernels else nullcontext():
        keras.utils.clear_session(free_memory=False)  # also resets the precision; garbage collection is slow
        keras.config.set_dtype_policy(precision)
        keras.utils.set_random_seed(integer_seed(seed_sequence(seed, Stream.DROPOUT)))


def initialize(model: keras.Model, seed: int) -> None:
    """Redraw all initial weights, so that two models with the same seed share them wherever their shapes agree.

    The n-th variable of a shape gets a seed from the run's seed, the shape and n. By Keras's
    convention, `layer.kernel` comes from `layer.kernel_initializer`. An initializer with its own seed keeps it.
    """
    seen: Counter[tuple[int, ...]] = Counter()
    for layer in layers_within(model):
        for name, initializer in _seedable_initializers(layer):
            variable = getattr(layer, name)
            shape = tuple(variable.shape)
            own_seed = integer_seed(seed_sequence(seed, Stream.WEIGHTS, *shape, seen[shape]))
            seen[shape] += 1
            fresh = type(initializer).from_config({**initializer.get_config(), "seed": own_seed})
            variable.assign(fresh(shape, dtype=variable.dtype))


def weight_hashes(model: keras.Model) -> dict[str, str]:
    """Return hashes of the shapes and of the values of a model's weights."""
    values = model.get_weights()
    shapes = hashlib.sha256(repr([value.shape for value in values]).encode()).hexdigest()
    return {"shapes": shapes[:12], "values": fingerprint(*values)[:12]}


def _seedable_initializers(layer: keras.layers.Layer) -> list[tuple[str, Any]]:
    found = []
    for attribute, value in vars(layer).items():
        name = attribute.removesuffix("_initializer")
        is_initializer = name != attribute and isinstance(value, keras.initializers.Initializer)
        if (
            is_initializer
            and value.get_config().get("seed", 0) is None
            and isinstance(getattr(layer, name, None), keras.Variable)
        ):
            found.append((name, value))
    return found
