"""Augmentation pipeline: the order of the parts, and their compilation into kernels."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras

from runner.core.errors import ConfigError
from runner.data.augmentation.draws import Tensor, variables_of
from runner.data.augmentation.geometry import Affine, Elastic, Geometric, warp

Step = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Augmenter:
    """Pipeline that augments a batch's images (count, height, width, channels) and labels, step by step."""

    steps: Sequence[Step]
    parts: Sequence[Any]

    def __call__(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return the augmented batch."""
        for step in self.steps:
            images, labels = step(images, labels)
        return images, labels

    @property
    def variables(self) -> list[Any]:
        """The state of the parts' random streams."""
        return [variable for part in self.parts for variable in variables_of(part)]


def augmenter(parts: Mapping[str, Any], input_shape: tuple[int, ...], compiled: Callable[[Step], Step]) -> Augmenter:
    """Combine the parts of an augmentation.

    All geometric parts come first, as one resampling; then the others in the given order; finally layers of Keras or
    of the user.

    Args:
        parts: the parts by name, which messages use.
        compiled: compiles a function of keras.ops into one kernel.

    Raises:
        ConfigError: if the inputs are not images, or a part is of an unknown kind.
    """
    for name, part in parts.items():
        if len(input_shape) != 3:
            raise ConfigError(f"augmentation.{name}: needs images, but the examples have shape {input_shape}")
        if not callable(part) and not isinstance(part, Affine | Elastic):
            raise ConfigError(f"augmentation.{name}: is neither a function of images and labels nor a Keras layer")
    geometric = [part for part in parts.values() if isinstance(part, Affine | Elastic)]
    layers = [part for part in parts.values() if isinstance(part, keras.layers.Layer)]
    others = [part for part in parts.values() if part not in geometric and part not in layers]
    steps = [compiled(partial(_warp, parts=geometric))] if geometric else []
    # One kernel for each part: in a single kernel, XLA would recompute the warp for every use of its result.
    steps += [compiled(change) for change in others]
    steps += [partial(_apply, layer) for layer in layers]
    return Augmenter(steps, list(parts.values()))


def _warp(images: Tensor, labels: Tensor, parts: Sequence[Geometric]) -> tuple[Tensor, Tensor]:
    return warp(images, parts), labels


def _apply(layer: keras.layers.Layer, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    return layer(images, training=True), labels
