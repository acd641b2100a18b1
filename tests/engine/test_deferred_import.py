"""The parts of Keras that are deferred load when they are used, and nothing else loads them."""

import sys

from runner.engine.deferred_import import CHECKED_WITH, unused_parts_deferred
from tests.contracts import contract

IN_A_NEW_PROCESS = """
import sys
from runner.engine.deferred_import import unused_parts_deferred

with unused_parts_deferred():
    import keras
print(*({"sklearn", "scipy.stats", "matplotlib"} & {*sys.modules}))
print(keras.wrappers.SKLearnClassifier.__name__, keras.visualization.plot_image_gallery.__name__)
print(*sorted({"sklearn", "matplotlib"} & {*sys.modules}))
"""


def test_keras_loads_neither_scikit_learn_nor_matplotlib_until_they_are_used(shell, tmp_path):
    (tmp_path / "script.py").write_text(IN_A_NEW_PROCESS)
    done = shell("python script.py", cwd=tmp_path)
    with contract("keras.wrappers, keras.visualization and keras.src.visualization", CHECKED_WITH):
        unused, names, used = done.stdout.splitlines()
        assert (unused, names) == ("", "SKLearnClassifier plot_image_gallery")
        assert used == "matplotlib sklearn"


def test_only_imports_in_the_block_are_deferred():
    before = [*sys.meta_path]
    with unused_parts_deferred():
        assert len(sys.meta_path) == len(before) + 1
        assert sys.meta_path[0].find_spec("keras.models", None) is None
    assert sys.meta_path == before
