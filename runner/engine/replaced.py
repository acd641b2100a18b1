"""Temporary replacement of a Keras object's methods, to observe or change the compiled step."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def replaced(target: Any, **attributes: Any) -> Iterator[None]:
    """Set attributes of `target` in the block, and restore the previous ones afterwards."""
    before = {name: vars(target)[name] for name in attributes if name in vars(target)}
    for name, value in attributes.items():
        object.__setattr__(target, name, value)  # bypasses Keras's tracking, which is meant for state
    try:
        yield
    finally:
        for name in attributes:
            vars(target).pop(name)
        vars(target).update(before)
