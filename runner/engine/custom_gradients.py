"""TensorFlow's memory of every gradient that was ever customized."""

from collections.abc import Iterator
from contextlib import contextmanager

from tensorflow.python.framework import ops


@contextmanager
def custom_gradients_forgotten() -> Iterator[None]:
    """Forget the custom gradients of what is traced in this block, once it ends.

    TensorFlow registers each one for good under a name of its own, and with it the graph that it is part of and the
    data that the graph holds: a process that compiles one training after the other would keep all their training sets.
    Keras's optimizers use one in every training. Nobody differentiates an epoch again once it is compiled.
    """
    registered = ops.gradient_registry._registry
    before = set(registered)
    try:
        yield
    finally:
        for name in registered.keys() - before:
            if name.startswith("CustomGradient-"):
                del registered[name]
