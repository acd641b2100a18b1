"""Random numbers of an augmentation's own."""

from typing import Any

import keras

Tensor = Any  # of the backend


class Draws:
    """A stream of uniform numbers that goes on from step to step, also inside a compiled loop."""

    def __init__(self, seed: int) -> None:
        self._generator = keras.random.SeedGenerator(seed)

    def uniform(self, shape: tuple[int, ...], low: float, high: float) -> Tensor:
        """Draw float32 numbers from [low, high)."""
        return keras.random.uniform(shape, low, high, dtype="float32", seed=self._generator)
