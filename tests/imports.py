"""Imports in Python files, read from their source, for the layer test and the levels of the suite."""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
HEAVY = {"tensorflow", "keras"}


@cache
def imported(path: Path) -> frozenset[str]:
    """Return the full names of all modules that a file imports, including imports inside functions."""
    return frozenset(_names(ast.walk(ast.parse(path.read_text()))))


@cache
def needs_tensorflow(path: Path) -> bool:
    """Return whether a test file imports TensorFlow, itself or by loading one of the project's modules."""
    conftests = (folder / "conftest.py" for folder in path.parents if folder.is_relative_to(REPOSITORY / "tests"))
    modules = (*_ours(imported(path)), *filter(Path.is_file, conftests))
    return bool(HEAVY & roots(imported(path))) or loads_tensorflow(*modules)


@cache
def loads_tensorflow(*modules: Path) -> bool:
    """Return whether loading the given modules imports TensorFlow."""
    seen: set[Path] = set()
    ahead = [*modules]
    while ahead:
        module = ahead.pop()
        if module not in seen:
            seen.add(module)
            if HEAVY & roots(imported_on_loading(module)):
                return True
            ahead += _ours(imported_on_loading(module))
    return False


@cache
def imported_on_loading(path: Path) -> frozenset[str]:
    """Return the full names of all modules that a file imports when it is loaded."""
    return frozenset(_names(_outside_functions(ast.parse(path.read_text()))))


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _outside_functions(child)


def _names(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import hides its layer"
            assert node.module
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def longest_chain(path: Path) -> tuple[Path, ...]:
    """Return the longest chain of our modules that begins with a file, each importing the next when it is loaded."""
    below = (longest_chain(module) for module in {*_ours(_names(_loaded(ast.parse(path.read_text()))))} - {path})
    return (path, *max(below, key=len, default=()))


def _loaded(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements that run when a module is loaded: not those in functions or for type checkers."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _loaded(child)


def roots(names: Iterable[str]) -> set[str]:
    """Return the top-level packages of the given modules."""
    return {name.partition(".")[0] for name in names}


def _ours(names: Iterable[str]) -> Iterator[Path]:
    for name in names:
        place = REPOSITORY.joinpath(*name.split("."))
        for path in (place.with_suffix(".py"), place / "__init__.py"):
            if name.startswith(("runner", "tests")) and path.is_file():
                yield path
