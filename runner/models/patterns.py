"""Layer name patterns."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

import keras

from runner.core.errors import ConfigError
from runner.core.text import did_you_mean


def trainable_layers(model: keras.Model) -> list[str]:
    """Return the names of the model's layers with trainable weights, in order of depth."""
    return [layer.name for layer in model.layers if layer.trainable_weights]


def refuse_idle_patterns(key: str, patterns: Sequence[str], names: Sequence[str]) -> None:
    """Raise ConfigError for a pattern (fnmatch) that matches none of the names."""
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise ConfigError(f"{key}: {pattern} matches no layer with weights{did_you_mean(pattern, names)}")
