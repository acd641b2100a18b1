"""Imports point one way only, and TensorFlow has one place."""

import ast
import re
from pathlib import Path

from tests.imports import REPOSITORY, imported, imported_on_loading, roots

PACKAGE = REPOSITORY / "runner"
# A module may import those before it in this list, and its own package, never those after it.
ORDER = [
    "core",
    "config",
    "data",
    "records",
    "models",
    "optim",
    "reporting",
    "engine",
    "run",
    "sweeps",
    "reproducibility",
    "cli",
]
INIT = PACKAGE / "__init__.py"
MODULES = {
    path: path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.name != "__main__.py" and path.parent.name != "conf" and path != INIT
}


def ours(path: Path) -> list[str]:
    return [name for name in imported(path) if name.startswith("runner.")]


def test_a_module_imports_only_the_layers_before_it():
    upwards = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path, layer in MODULES.items()
        for name in ours(path)
        if ORDER.index(name.split(".")[1]) > ORDER.index(layer)
    ]
    assert not upwards
    assert not imported(INIT)


def test_the_architecture_page_lists_the_layers_from_the_top_down():
    page = (REPOSITORY / "docs/architecture.md").read_text()
    assert re.findall(r"^\| `runner/(\w+)/` \|", page, re.MULTILINE) == ORDER[::-1]


def test_reporting_reads_records_only():
    read = {name.split(".")[1] for path, layer in MODULES.items() if layer == "reporting" for name in ours(path)}
    assert read == {"core", "config", "records", "reporting"}


def test_tensorflow_is_named_in_the_engine_alone():
    named = [path for path, layer in MODULES.items() if layer != "engine" and "tensorflow" in roots(imported(path))]
    assert not named


def test_one_module_instantiates():
    def uses_instantiate(path: Path) -> bool:
        nodes = ast.walk(ast.parse(path.read_text()))
        return any(isinstance(node, ast.Name) and node.id == "instantiate" for node in nodes)

    assert [path.name for path in MODULES if uses_instantiate(path)] == ["instantiate.py"]


def test_configuration_and_records_import_nothing_heavy():
    heavy = {"keras", "pandas", "matplotlib", "scipy", "sklearn"}
    found = {path: heavy & roots(imported(path)) for path, layer in MODULES.items() if layer in ("config", "records")}
    assert not {path: names for path, names in found.items() if names}


def test_every_layer_is_in_the_order():
    assert set(MODULES.values()) <= set(ORDER)


def test_an_import_inside_a_function_is_an_import_but_not_one_on_loading(tmp_path):
    file = tmp_path / "module.py"
    file.write_text("import os\n\nif os.sep:\n    import json\n\n\ndef late():\n    from keras import layers\n")
    assert imported(file) == {"os", "json", "keras", "keras.layers"}
    assert imported_on_loading(file) == {"os", "json"}
