"""ONNX files of a model."""

import json
import logging
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import tensorflow as tf
from tf2onnx.handler import tf_op
from tf2onnx.utils import make_name

from runner.data.inference import Inference
from runner.engine.model_files.inference import INPUT, in_float32, with_named_output
from runner.engine.model_files.model_exports import write_converted

CLASSES = "classes"  # key of the class names (a JSON list) in the metadata


def write_onnx(model: keras.Model, inference: Inference, path: Path) -> None:
    """Write an ONNX file with the output `probabilities`; its metadata contain the class names.

    Args:
        model: maps raw examples to probabilities.

    Raises:
        UserError: if ONNX lacks an operation of the network.
    """
    signature = tf.TensorSpec((None, *inference.shape), inference.dtype, INPUT)

    def convert(file: Path) -> None:
        in_one_precision = with_named_output(in_float32(model))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # NumPy warns about names that Keras adds for tf2onnx
            in_one_precision.export(file, format="onnx", verbose=False, input_signature=[signature])
        converted = onnx.load(file)
        onnx.helper.set_model_props(converted, {CLASSES: json.dumps(inference.classes, ensure_ascii=False)})
        onnx.checker.check_model(converted)  # tf2onnx copies operations that it does not know
        onnx.save(converted, file)

    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)  # it logs these operations
    write_converted(convert, path, "ONNX")


@tf_op("Erfc")
class _Erfc:
    """1 - erf(x), a part of GELU that tf2onnx does not know."""

    @classmethod
    def version_9(cls, context: Any, node: Any, **_: Any) -> None:
        """Replace the node, in ONNX's operator set 9 and later."""
        shape, dtype = context.get_shape(node.output[0]), context.get_dtype(node.output[0])
        context.remove_node(node.name)
        erf = context.make_node("Erf", node.input, shapes=[shape], dtypes=[dtype])
        one = context.make_const(make_name("one"), np.array(1, np.float32))
        inputs = [one.output[0], erf.output[0]]
        context.make_node("Sub", inputs, name=node.name, outputs=node.output, shapes=[shape], dtypes=[dtype])
