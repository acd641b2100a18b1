"""Methods of one Keras object replaced for a while: the place where the compiled step can be watched or changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def replaced(target: Any, **attributes: Any) -> Iterator[None]:
    """Let `target` have these attributes of its own as long as the block lasts, then what it had before."""
    before = {name: vars(target)[name] for name in attributes if name in vars(target)}
    for name, value in attributes.items():
        object.__setattr__(target, name, value)  # past Keras's tracking, which is meant for state
    try:
        yield
    finally:
        for name in attributes:
            vars(target).pop(name)
        vars(target).update(before)
