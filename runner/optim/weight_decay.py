"""Exclusion of weights from weight decay."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

import keras

from runner.core.errors import ConfigError
from runner.core.text import did_you_mean
from runner.optim.keras_internals import innermost

DECAYS = ("weight_decay", "adam_weight_decay")  # the arguments of Keras's optimizers for its strength (Muon has two)
_KEY = "optimizer.exclude_from_weight_decay"


def exclude_from_weight_decay(model: keras.Model, patterns: Sequence[str]) -> None:
    """Exclude weights from the weight decay of a compiled model's optimizer, before it is built.

    Keras's optimizers decay every weight. Common practice excludes biases and the scale and offset of a normalization:
    [bias, gamma, beta].

    Args:
        patterns: patterns (fnmatch) of NAME or LAYER/NAME of a weight: bias, hidden_1/*.

    Raises:
        ConfigError: if the optimizer has no weight decay, or a pattern matches no weight.
    """
    optimizer = innermost(model.optimizer)
    if all(getattr(optimizer, name, None) is None for name in DECAYS):
        raise ConfigError(
            f"{_KEY}: the optimizer has no weight decay; use optimizer=adamw or regularizer=[weight_decay]"
        )
    named = [
        (weight, (weight.name, f"{layer.name}/{weight.name}"))
        for layer in model.layers
        for weight in layer.trainable_weights
    ]
    for pattern in patterns:
        if not any(_fits(names, pattern) for _, names in named):
            known = {name for _, names in named for name in names}
            raise ConfigError(f"{_KEY}: {pattern} matches no weight{did_you_mean(pattern, known)}")
    optimizer.exclude_from_weight_decay(
        [weight for weight, names in named if any(_fits(names, own) for own in patterns)]
    )


def _fits(names: Sequence[str], pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in names)
