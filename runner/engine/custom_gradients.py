"""Cleanup of TensorFlow's registry of custom gradients, which would leak memory."""

from collections.abc import Iterator
from contextlib import contextmanager

from tensorflow.python.framework import ops


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
