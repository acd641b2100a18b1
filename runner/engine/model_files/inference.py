"""Models that take raw examples: a trained network behind its preprocessing, in layers of plain Keras."""

import math
from collections.abc import Iterator

import keras
import numpy as np
import numpy.typing as npt

from runner.data.dataset import Inputs
from runner.data.inference import Inference
from runner.data.preprocessing import Affine, PerImage
from runner.data.whitening import Whitening

INPUT, PROBABILITIES, CLASS = "examples", "probabilities", "class"  # names of a saved model's input and outputs
_BATCH_SIZE = 1000


def inference_model(network: keras.Model, inference: Inference) -> keras.Model:
    """Return a model that maps raw examples to float32 probabilities (examples, classes), with a network's layers.

    Raises:
        ValueError: if the network has a different number of classes.
    """
    raw = keras.Input(inference.shape, dtype=inference.dtype, name=INPUT)
    outputs = network(_preprocessed(raw, inference))
    probabilities = keras.ops.cast(outputs, "float32") if outputs.dtype != "float32" else outputs
    if probabilities.shape[-1] == 1:  # the probability of class 1
        probabilities = keras.ops.concatenate([1.0 - probabilities, probabilities], axis=-1)
    if probabilities.shape[-1] != len(inference.classes):
        raise ValueError(f"{probabilities.shape[-1]} outputs for {len(inference.classes)} classes")
    return keras.Model(raw, probabilities, name="inference")


def with_class_names(model: keras.Model, inference: Inference) -> keras.Model:
    """Return a model that outputs `probabilities` and `class`, the name of the most probable class."""
    names = keras.layers.StringLookup(vocabulary=list(inference.classes), invert=True, num_oov_indices=0)
    (probabilities,) = model.outputs
    name = names(keras.ops.argmax(probabilities, axis=-1))
    return keras.Model(model.inputs[0], {CLASS: name, PROBABILITIES: probabilities}, name="inference")


def with_named_output(model: keras.Model) -> keras.Model:
    """Return a model that outputs `probabilities` under this name, for formats without text."""
    return keras.Model(model.inputs[0], {PROBABILITIES: model.outputs[0]}, name="inference")


def in_float32(model: keras.Model) -> keras.Model:
    """Return a model with the same weights whose half-precision layers compute in float32."""

    def full(layer: keras.Operation) -> keras.Operation:
        is_half = isinstance(layer, keras.layers.Layer) and layer.compute_dtype in ("float16", "bfloat16")
        return type(layer).from_config(layer.get_config() | {"dtype": "float32"}) if is_half else layer

    if not any(layer.compute_dtype != layer.variable_dtype for layer in _layers(model)):
        return model
    copy = keras.models.clone_model(model, clone_function=full, recursive=True)
    copy.set_weights(model.get_weights())
    return copy


def predict(model: keras.Model, inputs: Inputs) -> npt.NDArray[np.float32]:
    """Return the probabilities (examples, classes) of raw examples; `model.predict` would round float64 to float32."""
    batches = [inputs[start : start + _BATCH_SIZE] for start in range(0, len(inputs), _BATCH_SIZE)]
    return np.concatenate([np.asarray(model(batch, training=False)) for batch in batches])


def _layers(model: keras.Model) -> Iterator[keras.layers.Layer]:
    """Yield the layers of a model and of the models inside it."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        elif isinstance(layer, keras.layers.Layer):
            yield layer


def _preprocessed(raw: keras.KerasTensor, inference: Inference) -> keras.KerasTensor:
    """Apply the preprocessing: the same operations as in `runner.data`, up to rounding."""
    match inference.transform:
        case Affine(mean, deviation):
            return _affine(raw, mean, deviation, inference.dtype)
        case Whitening(mean, matrix):
            return _whitened(raw, mean, matrix)
        case PerImage():
            return _per_image(_scaled(raw), math.prod(inference.shape))
        case _:
            return _scaled(raw)


def _affine(
    raw: keras.KerasTensor, mean: npt.NDArray[np.float64], deviation: npt.NDArray[np.float64], dtype: str
) -> keras.KerasTensor:
    """Subtract the mean first, in float64 for float64 examples: products of large numbers would lose the difference."""
    precision = "float64" if dtype == "float64" else "float32"
    values = _shifted(raw, mean, precision) if mean.any() else raw
    scaled = _scaled(values, 1 / deviation, precision)
    return scaled if precision == "float32" else _scaled(scaled)


def _whitened(
    raw: keras.KerasTensor, mean: npt.NDArray[np.float32], matrix: npt.NDArray[np.float32]
) -> keras.KerasTensor:
    values = keras.layers.Reshape((len(mean),), dtype="float32")(_scaled(raw, 1 / 255 if raw.dtype == "uint8" else 1.0))
    product = keras.layers.Dense(len(mean), use_bias=False, trainable=False, dtype="float32", name="whitening")
    whitened = product(_shifted(values, mean, "float32"))
    product.set_weights([matrix])
    return keras.layers.Reshape(raw.shape[1:], dtype="float32")(whitened)


def _per_image(images: keras.KerasTensor, pixels: int) -> keras.KerasTensor:
    axes = (1, 2, 3)
    centred = images - keras.ops.mean(images, axis=axes, keepdims=True)
    deviation = keras.ops.sqrt(keras.ops.mean(keras.ops.square(centred), axis=axes, keepdims=True))
    return centred / keras.ops.maximum(deviation, 1 / math.sqrt(pixels))


def _shifted(values: keras.KerasTensor, mean: npt.NDArray[np.floating], dtype: str) -> keras.KerasTensor:
    return keras.layers.Rescaling(1.0, offset=-mean, dtype=dtype)(values)


def _scaled(
    values: keras.KerasTensor, scale: float | npt.NDArray[np.float64] = 1.0, dtype: str = "float32"
) -> keras.KerasTensor:
    return keras.layers.Rescaling(scale, dtype=dtype)(values)
