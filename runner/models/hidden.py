"""What the configuration asks of every hidden layer, whatever the model."""

from dataclasses import dataclass
from typing import Any

import keras


@dataclass(frozen=True)
class Hidden:
    """The choices that every family of models applies to its hidden layers (the output layer is left plain)."""

    initializer: keras.initializers.Initializer
    regularizer: keras.regularizers.Regularizer | None = None
    layers: tuple[keras.layers.Layer, ...] = ()

    def kernel(self) -> dict[str, Any]:
        """Return the keyword arguments of a hidden layer that has a kernel."""
        return {"kernel_initializer": self.initializer, "kernel_regularizer": self.regularizer}

    def after_activation(self, position: int) -> list[keras.layers.Layer]:
        """Return fresh copies of the layers that follow the activation of hidden layer `position` (from 1)."""
        return [
            type(layer).from_config({**layer.get_config(), "name": f"{layer.name}_{position}"}) for layer in self.layers
        ]


def output_layer(classes: int, initializer: keras.initializers.Initializer) -> keras.layers.Layer:
    """Return the softmax layer; float32 also under mixed precision, as Keras advises for numerical stability."""
    return keras.layers.Dense(
        classes, activation="softmax", kernel_initializer=initializer, dtype="float32", name="output"
    )
