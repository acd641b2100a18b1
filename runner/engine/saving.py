"""Models in files that plain Keras opens."""

from pathlib import Path

import keras

from runner.engine.diagnostics import innermost
from runner.engine.replaced import replaced


def save_model(model: keras.Model, path: str | Path) -> None:
    """Save a model so that plain Keras opens it, without the classes of this package or of the user's.

    A schedule of another's is saved as the rate that it had last, an optimizer of another's not at all.
    """
    if not model.compiled:
        model.save(path)
        return
    optimizer = innermost(model.optimizer)
    if not _is_kerass(optimizer):
        with replaced(model, compiled=False, optimizer=None):
            model.save(path)
    elif not _is_kerass(optimizer._learning_rate):
        # In the form of a schedule: a rate that is a variable would be one more in the optimizer's state.
        last = keras.optimizers.schedules.ExponentialDecay(float(optimizer.learning_rate), decay_steps=1, decay_rate=1)
        with replaced(optimizer, _learning_rate=last):
            model.save(path)
    else:
        model.save(path)


def _is_kerass(thing: object) -> bool:
    return type(thing).__module__.partition(".")[0] == "keras"
