"""Access to private names of Keras and TensorFlow."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tensorflow.python.framework import ops


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


@contextmanager
def custom_gradients_forgotten() -> Iterator[None]:
    """Remove the custom gradients registered in the block when it ends.

    TensorFlow keeps each one forever, with its graph and the data in the graph: a process that compiles several
    trainings would keep all their training sets. Keras's optimizers register one in every training. A compiled epoch is
    never differentiated again.
    """
    registered = ops.gradient_registry._registry
    before = set(registered)
    try:
        yield
    finally:
        for name in registered.keys() - before:
            if name.startswith("CustomGradient-"):
                del registered[name]
