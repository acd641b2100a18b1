"""Errors from failed TensorFlow operations, with the reason in one line."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

_AFTER = ("[[", "Hint:", "[Op:")  # texts that follow the reason in TensorFlow's messages
_NOTES = re.compile(r"\{\{.*?\}\} | \[Op:.*")
_REMEDY = "out of memory; use a smaller training.batch_size, a smaller model, or fewer runs at a time"


class OperationFailed(Exception):
    """An operation failed in a compiled function; the text is one line."""


@contextmanager
def failures_in_a_line() -> Iterator[None]:
    """Replace a TensorFlow error, whose last line names a compiled function, with one that ends with the reason.

    Raises:
        OperationFailed: caused by TensorFlow's error.
    """
    try:
        yield
    except tf.errors.OpError as error:
        reason = _reason(error.message)
        if isinstance(error, tf.errors.ResourceExhaustedError):
            reason = f"{_REMEDY} ({reason})"
        raise OperationFailed(reason) from error


def _reason(message: str) -> str:
    """Return the reason: the line directly before the locations in the graph; those in the program precede it."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    end = next((at for at, line in enumerate(lines) if line.startswith(_AFTER)), len(lines))
    return _NOTES.sub("", lines[max(end, 1) - 1]) if lines else "no reason given"
