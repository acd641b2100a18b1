"""Weights without weight decay."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

import keras

from runner.config.errors import ConfigError, did_you_mean

DECAYS = ("weight_decay", "adam_weight_decay")  # strengths that Keras's optimizers have (Muon has two)
_KEY = "optimizer.exclude_from_weight_decay"


def exclude_from_weight_decay(model: keras.Model, patterns: Sequence[str]) -> None:
    """Let the compiled model's optimizer, before it is built, apply no weight decay to some weights.

    Keras's optimizers decay every weight. Usual practice leaves out biases and the scale and offset of a normalization:
    [bias, gamma, beta].

    Args:
        patterns: of a weight's name, or of its layer's and its own (fnmatch): bias, hidden_1/*.

    Raises:
        ConfigError: if the optimizer has no weight decay, or a pattern fits no weight.
    """
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    if all(getattr(optimizer, name, None) is None for name in DECAYS):
        raise ConfigError(f"{_KEY}: there is no weight decay; choose optimizer=adamw, or weight_decay in regularizer")
    named = [
        (weight, (weight.name, f"{layer.name}/{weight.name}"))
        for layer in model.layers
        for weight in layer.trainable_weights
    ]
    for pattern in patterns:
        if not any(_fits(names, pattern) for _, names in named):
            known = {name for _, names in named for name in names}
            raise ConfigError(f"{_KEY}: {pattern} fits no weight{did_you_mean(pattern, known)}")
    optimizer.exclude_from_weight_decay(
        [weight for weight, names in named if any(_fits(names, own) for own in patterns)]
    )


def _fits(names: Sequence[str], pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in names)
