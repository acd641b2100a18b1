import keras

from runner.engine.keepers import Keeper
from runner.engine.plain import decode


def restored(before, after):
    """Let `after` go on from what `before` has changed of itself by a first epoch."""
    keepers = [Keeper(callback) for callback in (before, after)]
    before.best, before.history = 0.25, [1.0]
    arrays = []
    keepers[1].restore(decode(keepers[0].encoded(arrays), arrays))
    return after


def test_what_a_callback_changed_of_itself_comes_back():
    after = restored(keras.callbacks.EarlyStopping(), keras.callbacks.EarlyStopping())
    assert (after.best, after.history) == (0.25, [1.0])


def test_a_callback_of_a_directory_that_was_moved_writes_to_where_it_is_now():
    there, here = (keras.callbacks.ModelCheckpoint(f"{place}/best.keras") for place in ("there", "here"))
    assert restored(there, here).filepath == "here/best.keras"
