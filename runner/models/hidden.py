"""Hidden layers with the configured initializer, normalization and regularization, for every model."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import keras

Layers = list[keras.layers.Layer]


@dataclass(frozen=True)
class Hidden:
    """Settings that every model family applies to its hidden layers, but not to the output layer.

    A hidden layer is a layer with a kernel, then normalization and activation in the configured order, then the layers
    that regularize activations.
    """

    initializer: keras.initializers.Initializer
    regularizer: keras.regularizers.Regularizer | None = None
    constraint: keras.constraints.Constraint | None = None
    normalization: keras.layers.Layer | None = None
    normalize_after: bool = False  # normalize after the activation, not before
    input_layers: tuple[keras.layers.Layer, ...] = ()
    unit_layers: tuple[keras.layers.Layer, ...] = ()  # layers after the activation of units
    map_layers: tuple[keras.layers.Layer, ...] = ()  # layers after the activation of feature maps
    binary: bool = False  # the loss takes only the probability of class 1

    def inputs(self, shape: tuple[int, ...]) -> Layers:
        """Return the input layer for one example's shape, and the layers that regularize it."""
        return [keras.Input(shape), *_copies(self.input_layers, "input")]

    def kernel(self, *, convolution: bool = False) -> dict[str, Any]:
        """Return the keyword arguments for a hidden layer with a kernel."""
        constraint = self.constraint
        if convolution and isinstance(constraint, keras.constraints.MaxNorm):  # limits each filter's norm
            constraint = keras.constraints.MaxNorm(constraint.max_value, axis=[0, 1, 2])
        return {
            "kernel_initializer": self.initializer,
            "kernel_regularizer": self.regularizer,
            "kernel_constraint": constraint,
        }

    def dense(self, units: int, activation: str, name: str) -> Layers:
        """Return a dense hidden layer with the layers that follow it."""
        return [
            keras.layers.Dense(units, name=name, **self.kernel()),
            *self.activated(activation, name),
            *self.after_units(name),
        ]

    def after_units(self, name: str) -> Layers:
        """Return the layers that regularize the activations of units."""
        return _copies(self.unit_layers, name)

    def convolution(self, filters: int, kernel_size: int, activation: str, name: str, **options: Any) -> Layers:
        """Return a convolutional hidden layer with the layers that follow it.

        Args:
            options: additional arguments of Keras's Conv2D.
        """
        return [
            keras.layers.Conv2D(filters, kernel_size, name=name, **self.kernel(convolution=True), **options),
            *self.activated(activation, name),
            *_copies(self.map_layers, name),
        ]

    def pooled_convolution(self, filters: int, kernel_size: int, activation: str, name: str, **options: Any) -> Layers:
        """Return a convolution with normalization, 2x2 max-pooling, activation and the layers that follow.

        The activation follows the pooling: if it is monotone, the result is the same for a quarter of the work.
        """
        convolution, *rest = self.convolution(filters, kernel_size, activation, name, **options)
        position = 1 if self.normalization and not self.normalize_after else 0
        return [convolution, *rest[:position], keras.layers.MaxPooling2D(name=f"{name}_pool"), *rest[position:]]

    def activated(self, activation: str, name: str) -> Layers:
        """Return the activation with the normalization before or after it."""
        layers = [keras.layers.Activation(activation, name=f"{name}_activation")]
        if self.normalization:
            layers.insert(int(self.normalize_after), _copy(self.normalization, f"{name}_normalization"))
        return layers

    def output(self, classes: int) -> keras.layers.Layer:
        """Return the output layer: softmax, or one sigmoid unit for a binary loss.

        It stays float32 under mixed precision, as Keras recommends for numerical stability.
        """
        units, activation = (1, "sigmoid") if self.binary else (classes, "softmax")
        return keras.layers.Dense(
            units, activation=activation, kernel_initializer=self.initializer, dtype="float32", name="output"
        )


def chain(layers: Iterable[keras.layers.Layer], tensor: Any) -> Any:
    """Apply layers in sequence."""
    for layer in layers:
        tensor = layer(tensor)
    return tensor


def _copies(layers: Iterable[keras.layers.Layer], name: str) -> Layers:
    return [_copy(layer, f"{name}_{layer.name}") for layer in layers]


def _copy(layer: keras.layers.Layer, name: str) -> keras.layers.Layer:
    return type(layer).from_config({**layer.get_config(), "name": name})
