"""Saved Keras models."""

from pathlib import Path

import keras

from runner.core.errors import UserError


def read_model(path: Path) -> keras.Model:
    """Read a saved model, not compiled; Keras runs no code from the file.

    Raises:
        UserError: if the file is not a Keras model, or needs classes from elsewhere.
    """
    try:
        return keras.models.load_model(path, compile=False, safe_mode=True)
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
