"""Model files that plain Keras can open."""

from pathlib import Path

import keras

from runner.config.trust import package_of
from runner.engine.keras_internals import learning_rate_replaced, replaced, schedule_of
from runner.optim.keras_internals import innermost


def save_model(model: keras.Model, path: str | Path) -> None:
    """Save a model so that plain Keras can open it, without this package's or the user's classes.

    A schedule from outside Keras is saved as its last rate, and an optimizer from outside Keras is omitted.
    """
    if not model.compiled:
        model.save(path)
        return
    optimizer = innermost(model.optimizer)
    if not _is_from_keras(optimizer):
        with replaced(model, compiled=False, optimizer=None):
            model.save(path)
    elif not _is_from_keras(schedule_of(optimizer)):
        # The rate is saved as a schedule, because a constant would add a variable to the optimizer's state.
        last = keras.optimizers.schedules.ExponentialDecay(float(optimizer.learning_rate), decay_steps=1, decay_rate=1)
        with learning_rate_replaced(optimizer, last):
            model.save(path)
    else:
        model.save(path)


def _is_from_keras(thing: object) -> bool:
    return package_of(type(thing).__module__) == "keras"
