"""Exported files, loaded by their own runtimes."""

import json
import zipfile

import keras
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from runner.core.errors import UserError
from runner.data.inference import Inference
from runner.data.preprocessing import Affine, PerImage
from runner.engine.model_files.inference import in_float32, inference_model, predict
from runner.engine.model_files.model_exports import (
    LABELS,
    write_converted,
    write_keras,
    write_saved_model,
    write_tflite,
)
from runner.engine.model_files.onnx_export import CLASSES, write_onnx

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 6, 6, 3)).astype(np.uint8)
NAMES = ("cat", "dög", "a, b")
INFERENCE = Inference((6, 6, 3), "uint8", PerImage(), NAMES)
TOLERANCE = {"rtol": 1e-4, "atol": 1e-6}


@pytest.fixture(scope="module")
def model() -> keras.Model:
    """A model from bytes to probabilities, with parts that are difficult for tf2onnx and LiteRT."""
    layers = [
        keras.layers.Conv2D(4, 3, activation="gelu", name="conv"),
        keras.layers.BatchNormalization(),
        keras.layers.Flatten(),
        keras.layers.Dropout(0.5),
        keras.layers.Dense(8, "relu", dtype="mixed_bfloat16"),
        keras.layers.Dense(3, "softmax"),
    ]
    return inference_model(keras.Sequential([keras.Input((6, 6, 3)), *layers]), INFERENCE)


@pytest.fixture(scope="module")
def expected(model) -> np.ndarray:
    return predict(model, IMAGES)


@pytest.fixture(scope="module")
def expected_in_float32(model) -> np.ndarray:
    return predict(in_float32(model), IMAGES)


def test_a_keras_file_opens_in_plain_keras_and_names_classes(model, expected, tmp_path):
    write_keras(model, INFERENCE, tmp_path / "m.keras")
    outputs = keras.models.load_model(tmp_path / "m.keras", safe_mode=True).predict(IMAGES, verbose=0)
    np.testing.assert_allclose(outputs["probabilities"], expected, **TOLERANCE)
    assert [name.decode() for name in outputs["class"]] == [NAMES[number] for number in expected.argmax(axis=1)]


def test_a_saved_model_serves_probabilities_and_names(model, expected, tmp_path):
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").write_text("an earlier one")
    write_saved_model(model, INFERENCE, tmp_path / "saved")
    loaded = tf.saved_model.load(tmp_path / "saved")
    outputs = loaded.signatures["serving_default"](examples=tf.constant(IMAGES))
    np.testing.assert_allclose(outputs["probabilities"], expected, **TOLERANCE)
    assert [name.decode() for name in outputs["class"].numpy()] == [NAMES[number] for number in expected.argmax(axis=1)]
    assert [path.name for path in tmp_path.iterdir()] == ["saved"]


def test_a_directory_that_is_no_saved_model_stays(model, tmp_path):
    (tmp_path / "mine").write_text("kept")
    with pytest.raises(UserError, match=r"exists and is not a SavedModel; choose another path \(--out\)"):
        write_saved_model(model, INFERENCE, tmp_path)
    assert (tmp_path / "mine").read_text() == "kept"


def test_onnxruntime_reads_an_onnx_file(model, expected_in_float32, tmp_path):
    write_onnx(model, INFERENCE, tmp_path / "m.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    (found,) = session.run(["probabilities"], {"examples": IMAGES})
    np.testing.assert_allclose(found, expected_in_float32, **TOLERANCE)
    assert json.loads(session.get_modelmeta().custom_metadata_map[CLASSES]) == list(NAMES)


def test_the_litert_interpreter_reads_a_tflite_file(model, expected_in_float32, tmp_path):
    write_tflite(model, INFERENCE, tmp_path / "m.tflite")
    run = Interpreter(str(tmp_path / "m.tflite")).get_signature_runner()
    np.testing.assert_allclose(run(examples=IMAGES)["probabilities"], expected_in_float32, **TOLERANCE)
    assert zipfile.ZipFile(tmp_path / "m.tflite").read(LABELS).decode().splitlines() == list(NAMES)


def test_onnx_keeps_float64_and_litert_refuses_it(tmp_path):
    times = 1.7e9 + 3600 * np.random.default_rng(0).normal(size=(5, 2))
    inference = Inference((2,), "float64", Affine(times.mean(0), times.std(0)), NAMES)
    model = inference_model(keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "softmax")]), inference)
    write_onnx(model, inference, tmp_path / "m.onnx")
    (found,) = onnxruntime.InferenceSession(tmp_path / "m.onnx").run(None, {"examples": times})
    np.testing.assert_allclose(found, predict(model, times), **TOLERANCE)
    with pytest.raises(UserError, match="need float64, which LiteRT cannot compute with; export onnx"):
        write_tflite(model, inference, tmp_path / "m.tflite")


def test_an_operation_that_onnx_lacks_is_an_error_and_leaves_no_file(tmp_path):
    own = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3), keras.layers.Activation("softmax")])
    features = keras.Input((2,))
    odd = keras.Model(features, own(keras.ops.erfinv(features)))
    inference = Inference((2,), "float32", Affine(np.zeros(1), np.ones(1)), NAMES)
    with pytest.raises(UserError, match=r"the network cannot be converted to ONNX \(.*Erfinv"):
        write_onnx(inference_model(odd, inference), inference, tmp_path / "m.onnx")
    assert not list(tmp_path.iterdir())


def test_a_converter_that_fails_leaves_the_earlier_file(tmp_path):
    def fail(file):
        file.write_text("half")
        raise RuntimeError("no such operation")

    (tmp_path / "m.onnx").write_text("earlier")
    with pytest.raises(UserError, match=r"cannot be converted to ONNX \(no such operation\)"):
        write_converted(fail, tmp_path / "m.onnx", "ONNX")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["earlier"]
