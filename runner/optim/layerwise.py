"""Layer-wise learning-rate multipliers."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import keras

from runner.models.patterns import refuse_idle_patterns, trainable_layers
from runner.optim.keras_internals import innermost, variable_key, wrap_weight_decay
from runner.optim.weight_decay import DECAYS


def multipliers(model: keras.Model, choice: Mapping[str, float]) -> dict[str, float]:
    """Return a multiplier for each layer with trainable weights, in order of depth.

    Args:
        choice: {"decay": d} gives d^n to the n-th layer below the output; otherwise a multiplier for each pattern of
            layer names (fnmatch). The first match counts; other layers have 1.

    Raises:
        ConfigError: if a pattern matches no layer.
    """
    names = trainable_layers(model)
    if choice.keys() == {"decay"}:
        depths = list(dict.fromkeys(map(_hidden_layer, names)))
        return {name: choice["decay"] ** (len(depths) - 1 - depths.index(_hidden_layer(name))) for name in names}
    refuse_idle_patterns("optimizer.layerwise", list(choice), names)
    return {
        name: next((factor for pattern, factor in choice.items() if fnmatchcase(name, pattern)), 1.0) for name in names
    }


def _hidden_layer(name: str) -> str:
    """Return the name of a normalization's hidden layer, so that both have the same depth."""
    return name.removesuffix("_normalization")


def scale_updates(model: keras.Model, factors: Mapping[str, float]) -> None:
    """Make the compiled model's optimizer scale its update of each layer's weights.

    The learning rate is scaled, in the update and in decoupled weight decay. Every Keras optimizer's update is
    proportional to it, whereas scaling the gradient would have no effect in Adam.
    """
    optimizer = innermost(model.optimizer)
    factor_of = {
        variable_key(optimizer, weight): factors[layer.name]
        for layer in model.layers
        for weight in layer.trainable_weights
    }
    update = optimizer.update_step

    def by_factor(variables: Sequence[Any]) -> dict[float, list[Any]]:
        groups = defaultdict(list)
        for variable in variables:
            groups[factor_of[variable_key(optimizer, variable)]].append(variable)
        return groups

    # Called for one variable at a time; work that an optimizer does once per step (as Nadam does) is elsewhere.
    def scaled_update(gradient: Any, variable: Any, learning_rate: Any) -> None:
        update(gradient, variable, learning_rate * factor_of[variable_key(optimizer, variable)])

    def scaled_decay(decay: Callable[[Any], None], variables: Sequence[Any]) -> None:
        strengths = {name: getattr(optimizer, name) for name in DECAYS if getattr(optimizer, name, None) is not None}
        for factor, chosen in by_factor(variables).items():
            for name, strength in strengths.items():
                setattr(optimizer, name, strength * factor)
            decay(chosen)
        for name, strength in strengths.items():
            setattr(optimizer, name, strength)

    optimizer.update_step = scaled_update
    wrap_weight_decay(optimizer, scaled_decay)
