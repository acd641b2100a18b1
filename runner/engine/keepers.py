"""Checkpoint state of callbacks and diagnostics: their changes since the training began."""

from pathlib import Path
from typing import Any

import keras

from runner.engine.plain import Arrays, encode


class Keeper:
    """State of one callback or diagnostic since the beginning of the training.

    Objects with `get_state()` and `set_state(state)` supply it. For others, it is every attribute with a plain value,
    except unchanged scalars and strings, such as file names, which may differ when the training is resumed.
    """

    def __init__(self, owner: Any) -> None:
        self._owner = owner
        self._before = dict(vars(owner))
        self.kind = type(owner).__name__

    def encoded(self, arrays: Arrays) -> Any:
        """Encode the state for JSON, and append its arrays to `arrays`."""
        if isinstance(self._owner, keras.callbacks.CSVLogger):
            return encode(_table_of(self._owner), arrays)
        if hasattr(self._owner, "get_state"):
            return encode(self._owner.get_state(), arrays)
        kept = []
        for name, value in vars(self._owner).items():
            if self._unchanged(name, value):
                continue
            length = len(arrays)
            try:
                kept.append([name, encode(value, arrays)])
            except TypeError:
                del arrays[length:]
        return {"dict": kept}

    def restore(self, state: Any) -> None:
        """Restore a decoded state."""
        if isinstance(self._owner, keras.callbacks.CSVLogger):
            _continue_table(self._owner, **state)
        elif hasattr(self._owner, "set_state"):
            self._owner.set_state(state)
        else:
            for name, value in state.items():
                setattr(self._owner, name, value)

    def _unchanged(self, name: str, value: Any) -> bool:
        if name == "params" or (name == "min_delta" and hasattr(self._owner, "monitor_op")):
            return True  # Keras sets the first, and flips the second's sign together with monitor_op
        single = value is None or isinstance(value, bool | int | float | str)
        return (
            single and name in self._before and type(value) is type(self._before[name]) and value == self._before[name]
        )


def _table_of(logger: Any) -> dict[str, Any]:
    return {"text": Path(logger.filename).read_bytes().decode(), "columns": logger.keys}


def _continue_table(logger: Any, text: str, columns: list[str] | None) -> None:
    """Restore the file as of that epoch: it may have been restarted, or have rows of later epochs."""
    logger.csv_file.seek(0)
    logger.csv_file.truncate()
    logger.csv_file.write(text)
    logger.csv_file.flush()
    logger.keys, logger.append_header = columns, not text
