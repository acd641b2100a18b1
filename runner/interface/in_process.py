"""Training in the calling process, for runs with Python objects."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import keras

from runner.core.errors import EXIT_INTERRUPTED, ConfigError
from runner.core.terminal import Terminal
from runner.interface.command import run_command
from runner.run.execute import exit_code, run_in_new_directory
from runner.run.objects import Objects
from runner.run.request import Request


def train_here(arguments: Sequence[str], overrides: Sequence[str], objects: Objects, *, quiet: bool) -> Path | None:
    """Train a run with Python objects; return its directory, or None if the overrides describe a sweep.

    A child process composes the configuration, because Hydra's global state belongs to the caller.

    Args:
        arguments: flags, and overrides that are not part of the run's description.
        overrides: the overrides of the run.

    Raises:
        UserError: if the configuration, the data or the objects cannot be used.
        KeyboardInterrupt: if the training was interrupted.
    """
    refuse_other_backend()
    _refuse_other_kinds(objects)
    objects.refuse_replaced(overrides)
    composed = run_command([*arguments, *objects.neutral(overrides), *overrides], quiet=quiet, composes=True).composed
    if not composed:
        return None
    request = Request(**composed["request"] | {"directory": Path(composed["request"]["directory"])})
    with _silent_tensorflow():
        record = run_in_new_directory(composed["config"], request, Terminal(quiet=quiet), objects)
    if exit_code(record) == EXIT_INTERRUPTED:
        raise KeyboardInterrupt
    return request.directory


def _refuse_other_kinds(objects: Objects) -> None:
    given = [("callbacks", callback, keras.callbacks.Callback) for callback in objects.callbacks]
    given += [("model", objects.model, keras.Model), ("optimizer", objects.optimizer, keras.optimizers.Optimizer)]
    for name, value, kind in given:
        if value is not None and not isinstance(value, kind):
            raise ConfigError(f"{name}: {value!r} is not a keras {kind.__name__}")


@contextmanager
def _silent_tensorflow() -> Iterator[None]:
    """While the block runs, send TensorFlow's messages only to the run's log."""
    tensorflow = logging.getLogger("tensorflow")
    before, tensorflow.handlers = tensorflow.handlers, []
    try:
        yield
    finally:
        tensorflow.handlers = before


def refuse_other_backend() -> None:
    """Raise ConfigError if Keras uses a backend other than TensorFlow."""
    if keras.backend.backend() != "tensorflow":
        raise ConfigError(
            f"KERAS_BACKEND={keras.backend.backend()}: runner needs tensorflow; set it before `import keras`"
        )
