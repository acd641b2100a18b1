"""Random streams of augmentations."""

from typing import Any

import keras

Tensor = Any  # a tensor of Keras's backend


class Draws:
    """A stream of uniform random numbers that continues from step to step, even inside a compiled loop."""

    def __init__(self, seed: int) -> None:
        self._generator = keras.random.SeedGenerator(seed)

    @property
    def variables(self) -> list[Any]:
        """The state of the stream."""
        return [self._generator.state]

    def uniform(self, shape: tuple[int, ...], low: float, high: float) -> Tensor:
        """Draw float32 numbers from [low, high)."""
        return keras.random.uniform(shape, low, high, dtype="float32", seed=self._generator)


def variables_of(part: Any) -> list[Any]:
    """Return the random state of a part of an augmentation: its variables, or its attributes' variables."""
    if isinstance(part, keras.Variable):
        return [part]
    if isinstance(part, keras.random.SeedGenerator):
        return [part.state]
    if isinstance(part, Draws | keras.layers.Layer):
        return list(part.variables)
    held = keras.tree.flatten(list(getattr(part, "__dict__", {}).values()))
    kinds = (keras.Variable, keras.random.SeedGenerator, Draws, keras.layers.Layer)
    return [variable for value in held if isinstance(value, kinds) for variable in variables_of(value)]
