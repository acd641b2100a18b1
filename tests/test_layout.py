"""A module's path leads to its tests: `runner/optim/layerwise.py` has `tests/optim/test_layerwise.py`."""

from pathlib import Path

import pytest

from tests.imports import REPOSITORY

TESTS = REPOSITORY / "tests"
# Tests of the whole program, and of folders with their own table.
ELSEWHERE = {
    "config/test_option_names.py": "the names of the options in conf/",
    "data/test_hostile_names.py": "odd names through all loaders",
    "engine/test_callbacks.py": "Keras's own callbacks in the compiled loop",
    "engine/test_equivalence.py": "the compiled loop against model.fit",
    "interface/test_examples.py": "the examples of all public names",
    "models/test_families.py": "every model against its paper",
    "models/test_initializers.py": "Keras's initializers, as conf/ chooses them",
    "models/test_models.py": "every model of conf/",
    "models/test_regularizers.py": "Keras's regularizers, as conf/ chooses them",
    "optim/test_updates.py": "one step of every optimizer of conf/ against its formula",
    "reporting/test_deepobs.py": "the comparison of variants on published runs",
    "reporting/test_hostile_names.py": "odd names through tables, figures and page",
}
OF_A_FOLDER = sorted(
    path.relative_to(TESTS).as_posix()
    for path in TESTS.rglob("test_*.py")
    if path.parent != TESTS and path.relative_to(TESTS).parts[0] not in ("torture", "faults")
)


@pytest.mark.parametrize("name", [name for name in OF_A_FOLDER if name not in ELSEWHERE])
def test_a_file_of_tests_has_its_module(name):
    """The file may be named after one aspect of the module: `test_report_formats.py`."""
    folder, subject = Path(name).parent, Path(name).stem.removeprefix("test_")
    modules = [path.stem for path in (REPOSITORY / "runner" / folder).iterdir()]
    assert [module for module in modules if subject == module or subject.startswith(f"{module}_")]


def test_every_exception_exists():
    assert {*ELSEWHERE} <= {*OF_A_FOLDER}
