"""Imports point one way only, and TensorFlow has one place."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "runner"
# A module may import those before it in this list, and its own package, never those after it.
ORDER = [
    "config",
    "records",
    "data",
    "models",
    "optim",
    "engine",
    "console",
    "reporting",
    "request",
    "interruption",
    "make",
    "monitors",
    "build",
    "kept",
    "prepared",
    "attempt",
    "app",
    "reproducing",
    "sweeps",
    "cli",
]
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__main__.py" and path.parent.name != "conf")


def imported(path: Path) -> set[str]:
    """The full names of all modules that a file imports, also those imported inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides its layer"
            names.add(node.module or "")
    return names


def layer(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_the_layers_before_it(path):
    if path.parent == PACKAGE and path.name == "__init__.py":
        assert not imported(path)
        return
    position = ORDER.index(layer(path))
    for name in imported(path):
        top, _, rest = name.partition(".")
        if top == "runner":
            assert ORDER.index(rest.split(".")[0]) <= position, f"{path} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_tensorflow_is_named_in_the_engine_alone(path):
    if layer(path) != "engine":
        assert not {name for name in imported(path) if name.split(".")[0] == "tensorflow"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_one_module_instantiates(path):
    uses = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
    assert ("instantiate" in uses) == (path.name == "make.py")


@pytest.mark.parametrize("heavy", ["keras", "pandas", "matplotlib", "scipy", "sklearn"])
def test_configuration_and_records_import_nothing_heavy(heavy):
    for path in MODULES:
        if layer(path) in ("config", "records"):
            assert heavy not in {name.split(".")[0] for name in imported(path)}, path


def test_every_layer_is_in_the_order():
    assert {layer(path) for path in MODULES} - {"__init__"} <= set(ORDER)
