"""Files of a model for other programs: Keras, SavedModel and LiteRT (TFLite)."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import keras
import tensorflow as tf

from runner.core.errors import UserError
from runner.core.text import printable, shortened
from runner.core.write import whole_directory, whole_file
from runner.data.inference import Inference
from runner.engine.model_files.inference import in_float32, with_class_names, with_named_output

LABELS = "labels.txt"  # file in a TFLite file, with a class name per line
_SAVED_MODEL = "saved_model.pb"


def write_keras(model: keras.Model, inference: Inference, path: Path) -> None:
    """Write a Keras file that plain Keras opens, with outputs `class` and `probabilities`.

    Args:
        model: maps raw examples to probabilities; the same applies to the other formats.
    """
    with whole_file(path) as temporary:
        with_class_names(model, inference).save(temporary)


def write_saved_model(model: keras.Model, inference: Inference, path: Path) -> None:
    """Write a SavedModel directory, for TensorFlow Serving, with outputs `class` and `probabilities`.

    Raises:
        UserError: if the path exists and is something else.
    """
    if path.exists() and not (path / _SAVED_MODEL).is_file():
        raise UserError(f"{path}: exists and is not a SavedModel; choose another path (--out)")
    with whole_directory(path) as temporary:
        with_class_names(model, inference).export(temporary, format="tf_saved_model", verbose=False)


def write_tflite(model: keras.Model, inference: Inference, path: Path) -> None:
    """Write a LiteRT (TFLite) file with the output `probabilities`; it contains the class names as labels.txt.

    Raises:
        UserError: if the network cannot be converted to the operations that every interpreter has.
    """
    if inference.dtype == "float64":
        raise UserError("tflite: the examples need float64, which LiteRT cannot compute with; export onnx instead")
    operations = {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}

    def convert(file: Path) -> None:
        in_one_precision = with_named_output(in_float32(model))
        in_one_precision.export(file, format="litert", verbose=False, target_spec=operations)
        with zipfile.ZipFile(file, "a") as archive:  # appended to the model, like TensorFlow Lite's own metadata
            archive.writestr(zipfile.ZipInfo(LABELS), "".join(f"{printable(name)}\n" for name in inference.classes))

    write_converted(convert, path, "LiteRT")


def write_converted(convert: Callable[[Path], None], path: Path, name: str) -> None:
    """Write a file by calling a converter with a temporary path of the same suffix.

    Args:
        name: name of the format.

    Raises:
        UserError: if the converter fails.
    """
    with whole_file(path) as temporary:
        try:
            convert(temporary)
        except OSError:
            raise
        except Exception as error:  # converters raise many types of exception
            raise UserError(f"the network cannot be converted to {name} ({shortened(str(error))})") from error
