"""Imports go in one direction, and only one package imports TensorFlow."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.imports import REPOSITORY, imported, imported_on_loading, longest_chain, roots

PACKAGE = REPOSITORY / "runner"
# A module may import its own package and the packages before it in this list, but not those after it.
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
    "export",
    "gallery",
    "reproducibility",
    "cli",
    "interface",
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


def test_the_package_imports_nothing_of_ours_until_a_name_is_used(shell):
    loaded = shell('python -c "import sys, runner; print(*sys.modules)"', cwd=REPOSITORY).stdout.split()
    assert not [name for name in loaded if name.startswith(("runner.", "numpy", "hydra"))]


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


INTERNALS = {"optim/keras_internals.py", "engine/keras_internals.py", "config/hydra_guard.py", "cli/hydra_start.py"}
PRIVATE_PACKAGES = ("keras.src", "tensorflow.python", "hydra._internal")
DOCUMENTED = {"_exit", "_replace", "_asdict"}  # of os and of named tuples


def test_private_names_of_libraries_are_used_in_four_modules():
    found = {
        f"{path.relative_to(PACKAGE)} uses {name}"
        for path in MODULES
        if str(path.relative_to(PACKAGE)) not in INTERNALS
        for name in _private_names(ast.parse(path.read_text()))
    }
    assert not found


def test_every_kind_of_access_to_a_private_name_is_found():
    text = """
from keras.src import layers
from runner.core.errors import _LISTED
class Own:
    _field = 1
    def _method(self):
        self._value = other._value, other._field, other._method, self._own_base, os._exit
        keras._a, getattr(keras, "_b"), replaced(keras, _c=1), instantiate(_convert_="all"), keras.__d__
"""
    assert set(_private_names(ast.parse(text))) == {"keras.src", "_LISTED", "_a", "_b", "_c"}


def _private_names(tree: ast.Module) -> Iterator[str]:
    """Yield the private names that a module uses without having defined them."""
    own = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _is_self(node.value)}
    own |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    own |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module)) if module.startswith(PRIVATE_PACKAGES):
                yield module
            case ast.ImportFrom(names=aliases):
                yield from (alias.name for alias in aliases if _is_private(alias.name))
            case ast.Import(names=aliases):
                yield from (alias.name for alias in aliases if alias.name.startswith(PRIVATE_PACKAGES))
            case ast.Attribute(attr=name) if _is_private(name) and name not in own:
                yield name
            case ast.Call(func=ast.Name(id="getattr" | "setattr" | "hasattr"), args=[_, ast.Constant(str(name)), *_]):
                yield from [name] if _is_private(name) else []
            case ast.Call(keywords=keywords):
                yield from (one.arg for one in keywords if one.arg and _is_private(one.arg))


# Strings that look like the name of one of our modules; elsewhere, modules are imported instead of named.
PATHS = {
    "runner.optim.constant.constant",  # config does not import optim
    "runner.sweeps.preload",  # imported only by the workers' server, because it takes seconds
}
RESOLVERS = {"runner.sweep_name", "runner.mode"}  # Hydra's, in conf/


def test_no_module_names_another_in_a_string():
    strings = {
        node.value
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.match(r"runner\.\w+", node.value)
    }
    assert strings == PATHS | RESOLVERS


@pytest.mark.parametrize("path", sorted(PATHS))
def test_what_a_string_names_is_there(path):
    place = REPOSITORY.joinpath(*path.split("."))
    assert place.with_suffix(".py").is_file() or f"def {place.name}(" in place.parent.with_suffix(".py").read_text()


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("_") and name not in DOCUMENTED


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


# Modules, apart from the commands, that import inside functions, because the import is slow or optional.
LATE = {
    "data/storage/archives.py",
    "data/splitting/folds.py",
    "data/keras_datasets.py",
    "data/mnist.py",
    "engine/mlflow_store.py",
    "export/wandb.py",
    "gallery/reports.py",
    "reporting/collection/grid_order.py",
    "reporting/figures/of_ranks.py",
    "reporting/comparison/ranks.py",
    "reporting/scores.py",
    "reporting/statistics/functional_anova.py",
    "reporting/statistics/power.py",
    "reproducibility/reproduce.py",
    "run/background_import.py",
    "run/execute.py",
    "run/prepare.py",
    "run/stackable.py",
    "sweeps/hydra_launchers.py",
    "sweeps/looks.py",
    "sweeps/planning/points.py",
    "sweeps/run_plan.py",
    "sweeps/search/pruners.py",
    "sweeps/search/samplers.py",
    "sweeps/worker.py",
}


def test_imports_inside_functions_are_in_few_modules():
    late = {str(path.relative_to(PACKAGE)) for path in MODULES if imported(path) - imported_on_loading(path)}
    assert {file for file in late if not file.startswith(("cli/", "interface/"))} == LATE  # commands must start quickly


def test_no_chain_of_imports_is_long():
    """A reader of the first module of a chain may need to know all others; passing values in shortens the chain."""
    longest = max(map(longest_chain, MODULES), key=len)
    assert len(longest) <= 12, " imports ".join(str(path.relative_to(PACKAGE)) for path in longest)


def test_a_chain_has_neither_late_imports_nor_those_for_type_checkers(tmp_path):
    file = tmp_path / "module.py"
    late = "def late():\n    from runner.reporting.report import report\n"
    types = "if TYPE_CHECKING:\n    from runner.reporting.report import report\n"
    file.write_text(f"from runner.core.errors import UserError\nfrom runner.core.paths import shown\n{types}{late}")
    assert longest_chain(file) == (file, PACKAGE / "core/paths.py", PACKAGE / "core/errors.py")


def test_every_layer_is_in_the_order():
    assert set(MODULES.values()) <= set(ORDER)


def test_an_import_inside_a_function_is_an_import_but_not_one_on_loading(tmp_path):
    file = tmp_path / "module.py"
    file.write_text("import os\n\nif os.sep:\n    import json\n\n\ndef late():\n    from keras import layers\n")
    assert imported(file) == {"os", "json", "keras", "keras.layers"}
    assert imported_on_loading(file) == {"os", "json"}
