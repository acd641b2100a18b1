import os
from types import SimpleNamespace

import keras
import psutil
import pytest
import tensorflow as tf

from runner.config.schema import Device
from runner.core.errors import ConfigError
from runner.data.dataset import Split
from runner.engine.setup.device import ActiveDevice, _threads, prepare_device, refuse_too_large


def settings(**values) -> Device:
    return Device(**{"kind": "auto", "threads": "auto", "precision": "float32", "jit_compile": "auto"} | values)


@pytest.mark.parametrize(
    ("threads", "small", "expected"),
    [("auto", True, (1, 1)), (3, True, (3, 3)), (3, False, (3, 3)), (1, False, (1, 1))],
)
def test_threads_are_one_for_small_models_and_else_what_was_asked(threads, small, expected):
    assert _threads(settings(threads=threads), small) == expected


def test_large_models_take_all_processors_of_the_process():
    assert _threads(settings(), small=False) == (len(os.sched_getaffinity(0)),) * 2


@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_an_error_that_names_the_way_out():
    with pytest.raises(ConfigError, match=r"device=gpu: .*device=auto"):
        prepare_device(settings(kind="gpu"), small=True)


def test_xla_is_off_on_a_cpu_unless_asked_for():
    assert not prepare_device(settings(kind="cpu"), small=True).jit_compile
    assert prepare_device(settings(kind="cpu", jit_compile=True), small=True).jit_compile


def test_mixed_precision_is_set_and_float32_set_back():
    try:
        prepare_device(settings(kind="cpu", precision="mixed_bfloat16"), small=True)
        assert keras.config.dtype_policy().compute_dtype == "bfloat16"
    finally:
        prepare_device(settings(kind="cpu"), small=True)
    assert keras.config.dtype_policy().compute_dtype == "float32"


def test_data_larger_than_the_free_memory_are_refused_with_both_sizes(parts, monkeypatch):
    training, validation = parts
    split = Split(training, validation, validation)
    size = sum(part.inputs.nbytes for part in (training, validation, validation))
    device = prepare_device(settings(), small=True)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=size))
    refuse_too_large(split, device)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=size - 1))
    with pytest.raises(ConfigError, match=r"dataset: .* GB of examples do not fit into .* GB of .*; .*train_size"):
        refuse_too_large(split, device)


def test_the_settings_of_a_users_keras_json_change_no_run():
    keras.config.set_image_data_format("channels_first")
    keras.config.set_floatx("float64")
    keras.config.set_epsilon(1e-3)
    prepare_device(settings(kind="cpu"), small=True)
    found = keras.config.image_data_format(), keras.config.floatx(), keras.config.epsilon()
    assert found == ("channels_last", "float32", 1e-7)


@pytest.mark.parametrize(("threads", "idle"), [(0, False), (1, True), (2, False)])  # 0: TensorFlow's choice, all
def test_a_training_with_fewer_threads_than_cores_leaves_a_core(monkeypatch, threads, idle):
    monkeypatch.setattr("runner.engine.setup.device._cores", lambda: 2)
    assert ActiveDevice("cpu", "CPU", threads, threads, "float32", jit_compile=False).leaves_a_core == idle
