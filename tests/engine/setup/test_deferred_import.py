"""Deferred parts of Keras and TensorFlow load when they are used, and only then."""

import importlib
import sys
import time
from types import ModuleType

import pytest

import runner.engine.setup.deferred_import as module
from runner.engine.setup.deferred_import import CHECKED_WITH, unused_parts_deferred
from tests.contracts import contract

IN_A_NEW_PROCESS = """
import sys
import numpy as np
from concurrent.futures import ThreadPoolExecutor
from runner.engine.setup.deferred_import import unused_parts_deferred

with unused_parts_deferred():
    import keras
    import tensorflow as tf
print(*({"sklearn", "scipy.stats", "matplotlib", "pandas", "tensorflow.lite"} & {*sys.modules}))
with ThreadPoolExecutor(4) as threads:  # that use it for the first time at the same time
    used = [*threads.map(lambda _: keras.wrappers.SKLearnClassifier.__name__, range(4))]
print(*{*used}, keras.visualization.plot_image_gallery.__name__)
print(*sorted({"sklearn", "matplotlib"} & {*sys.modules}))
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
print(*model.predict(np.ones((3, 1)), batch_size=2, verbose=0).ravel())
print(tf.lite.TFLiteConverter.__name__, tf.compat.v2.constant(1).shape)
print(tf.compat.v1.compat.v1.disable_v2_behavior.__name__)
"""


def test_keras_loads_no_other_library_until_its_parts_are_used(shell, tmp_path):
    (tmp_path / "script.py").write_text(IN_A_NEW_PROCESS)
    done = shell("python script.py", cwd=tmp_path)
    with contract("the names of the deferred parts", CHECKED_WITH):
        unused, names, used, predicted, *of_tensorflow = done.stdout.splitlines()
        assert (unused, names) == ("", "SKLearnClassifier plot_image_gallery")
        assert used == "matplotlib sklearn"
        assert predicted == "1.0 1.0 1.0"
        assert of_tensorflow == ["TFLiteConverterV2 ()", "disable_v2_behavior"]


def test_only_imports_in_the_block_are_deferred():
    before = [*sys.meta_path]
    with unused_parts_deferred():
        assert len(sys.meta_path) == len(before) + 1
        assert sys.meta_path[0].find_spec("keras.models", None) is None
    assert sys.meta_path == before


@pytest.fixture
def deferred(tmp_path, monkeypatch):
    """Yield write(text) -> a deferred module with this source."""
    monkeypatch.setattr(module, "_UNUSED", {"part_that_waits"})
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "part_that_waits", raising=False)

    def write(text):
        (tmp_path / "part_that_waits.py").write_text(text)
        with unused_parts_deferred():
            return importlib.import_module("part_that_waits")

    yield write
    sys.modules.pop("part_that_waits", None)


def test_a_deferred_module_is_an_ordinary_one_after_its_first_use(deferred):
    part = deferred("import time\nloaded = time.time_ns()\ndef __getattr__(name): return name\n")
    before = time.time_ns()
    assert "loaded" in dir(part)
    assert type(part) is ModuleType
    assert part.loaded >= before
    assert part.other == "other"
    loaded = part.loaded
    assert importlib.reload(part).loaded > loaded
    assert module._WAITING not in vars(part)


def test_a_deferred_module_that_cannot_be_loaded_says_so_at_each_use(deferred):
    part = deferred("import no_such_package\n")
    for _ in range(2):
        with pytest.raises(ImportError, match="no_such_package"):
            _ = part.name
