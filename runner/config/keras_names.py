"""Names that Keras defines, read from its source: importing it would take seconds."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from runner.core.text import did_you_mean

_TARGET = re.compile(r"keras\.(?P<module>[a-z]+(?:\.schedules)?)\.(?P<name>\w+)")
_NOT_OBJECTS = {"get", "serialize", "deserialize"}


def unknown_target(path: str) -> str | None:
    """Return an error text for a `_target_` that Keras does not have, else None."""
    found = _TARGET.fullmatch(path.removeprefix("tensorflow."))
    known = _exported(found["module"]) if found else frozenset()
    if not found or not known or found["name"] in known:
        return None
    classes = [each for each in known if each[0].isupper()]
    return f"no such class or function{did_you_mean(found['name'], classes)}"


def unknown_name(module: str, name: str) -> str | None:
    """Return an error text for an activation, loss or metric that Keras does not have, else None.

    Args:
        module: Keras's module of such names: activations, losses or metrics.
    """
    known = _names(module)
    if not known or name in known:
        return None
    return f"not in Keras{did_you_mean(name, [each for each in known if each.islower()])}"


@cache
def _names(module: str) -> frozenset[str]:
    """Return all names that `keras.MODULE.get` accepts: exported names, their snake_case, and short forms."""
    exported = _exported(module) - _NOT_OBJECTS
    return exported and exported | {*map(_snake_case, exported)} | {*_short_forms(module)}


@cache
def _exported(module: str) -> frozenset[str]:
    """Return the names that a Keras module exports; none if its file cannot be read."""
    tree = _parsed(f"{module.replace('.', '/')}/__init__.py")
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    return frozenset(alias.asname or alias.name for node in imports for alias in node.names)


def _short_forms(module: str) -> Iterator[str]:
    """Yield the short forms in Keras's table of a module's objects: mse, uniform."""
    for node in ast.walk(_parsed(f"src/{module}/__init__.py")):
        if isinstance(node, ast.Dict):
            yield from (key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str))


def _parsed(file: str) -> ast.Module:
    keras = find_spec("keras")
    places = (keras.submodule_search_locations if keras else None) or []
    try:
        return ast.parse(Path(places[0], file).read_text(encoding="utf-8"))
    except (IndexError, OSError, SyntaxError, ValueError):
        return ast.Module([], [])


def _snake_case(name: str) -> str:
    """Return a class name in Keras's snake_case: binary_io_u for BinaryIoU."""
    words = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()
