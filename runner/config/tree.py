"""Traversal of a configuration tree."""

from collections.abc import Iterator, Mapping
from typing import Any


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the key and value of each leaf: `optimizer.beta_1`, `model.hidden_units[0]`."""
    if isinstance(value, Mapping) and value:
        for name, item in value.items():
            yield from leaves(item, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list) and value:
        for number, item in enumerate(value):
            yield from leaves(item, f"{key}[{number}]")
    else:
        yield key, value
