"""Overrides from Python values."""

import re
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from runner.config.trust import TRUST
from runner.core.errors import UserError
from runner.core.paths import user_path

Location = str | PathLike[str]
Overrides = Mapping[str, Any] | Sequence[str]
_PLAIN = re.compile(r"[\w./:+@%?|-]+( [\w./:+@%?|-]+)*")  # Hydra reads these without quotes


def as_overrides(given: Overrides) -> list[str]:
    """Return overrides as on the command line.

    Args:
        given: `["optimizer=sgd", "training.epochs=2"]` or `{"optimizer": "sgd", "training.epochs": 2}`. Text is read
            as on the command line: "null" and None, "2" and 2 are the same.

    Raises:
        UserError: if it is neither, or a value is not text, a number, true, false, None, a list or a dictionary.
    """
    if isinstance(given, Mapping):
        return [f"{_key(key)}={_value(str(key), value)}" for key, value in given.items()]
    return _texts(given)


def as_axes(given: Overrides) -> list[str]:
    """Return overrides of a sweep; a list, tuple, range or array of values is an axis.

    Args:
        given: `{"optimizer": ["sgd", "adam"], "seed": range(3)}`, or overrides as on the command line. Values
            that are lists themselves are items of such a list: `{"regularizer": [["l2"], ["l2", "dropout"]]}`.

    Raises:
        UserError: as `as_overrides` does, or if an axis has no values.
    """
    if not isinstance(given, Mapping):
        return _texts(given)
    return [f"{_key(key)}={_axis(str(key), values)}" for key, values in given.items()]


def given_path(location: Location) -> Path:
    """Return the path that the user gave, with ~ expanded.

    Raises:
        UserError: if it is empty; Path would take it for the current directory.
    """
    if not fspath(location).strip():
        raise UserError("a path is empty; is a variable unset?")
    return user_path(location)


def trust(packages: Sequence[str]) -> list[str]:
    """Return the override with the user's trusted packages; no override if there are none.

    Raises:
        UserError: if they are a single string.
    """
    if isinstance(packages, str):
        raise UserError(f'trusted_packages="{packages}": must be a list of names')
    return as_overrides({TRUST: [*packages]}) if packages else []


def _texts(given: object) -> list[str]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise UserError(f'{given!r}: must be a list of overrides, ["optimizer=sgd"], or a dict, {{"optimizer": "sgd"}}')
    texts = list(given)
    if wrong := [text for text in texts if not isinstance(text, str) or not text.strip() or text.startswith("-")]:
        raise UserError(f"{wrong[0]!r}: not an override; write KEY=VALUE as text")
    return texts


def _key(key: object) -> str:
    if not isinstance(key, str) or not key or "=" in key or key.startswith("-"):
        raise UserError(f"{key!r}: not a key; write text such as 'training.epochs'")
    return key


def _axis(key: str, values: Any) -> str:
    if isinstance(values, str | Mapping) or not isinstance(values, Iterable):
        return _value(key, values)
    texts = [_value(key, value) for value in values]
    if not texts:
        raise UserError(f"{key}: has no values to sweep over")
    return ",".join(texts)


def _value(key: str, value: Any) -> str:
    if hasattr(value, "tolist"):  # a value of NumPy or pandas
        value = value.tolist()
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case str():
            return value if _PLAIN.fullmatch(value) else _quoted(value)
        case Mapping():
            return "{" + ",".join(f"{name}:{_value(key, item)}" for name, item in value.items()) + "}"
        case list() | tuple() | range():
            return "[" + ",".join(_value(key, item) for item in value) + "]"
    raise UserError(
        f"{key}={value!r}: must be text, a number, true, false, None, a list or a dict; a configuration cannot "
        f"contain a {type(value).__name__}"
    )


def _quoted(text: str) -> str:
    """Return the text in quotes for Hydra, which interprets backslashes only before a quote."""
    escaped = re.sub(r"(\\*)'", r"\1\1\\'", text)
    return "'" + re.sub(r"(\\+)$", r"\1\1", escaped) + "'"
