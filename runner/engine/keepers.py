"""What callbacks and diagnostics have changed of themselves since the training began."""

from pathlib import Path
from typing import Any

import keras

from runner.engine.plain import Arrays, encode


class Keeper:
    """The state of one callback or diagnostic, from the beginning of the training on.

    What has `get_state()` and `set_state(state)` is asked for it. Of others it is every attribute that is a plain
    value, but for single ones that are as they were: the names of files among them, which may lie elsewhere when the
    training goes on.
    """

    def __init__(self, owner: Any) -> None:
        self._owner = owner
        self._before = dict(vars(owner))
        self.kind = type(owner).__name__

    def encoded(self, arrays: Arrays) -> Any:
        """Return the state as JSON has it, and append its arrays to `arrays`."""
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
        """Put a decoded state back."""
        if isinstance(self._owner, keras.callbacks.CSVLogger):
            _continue_table(self._owner, **state)
        elif hasattr(self._owner, "set_state"):
            self._owner.set_state(state)
        else:
            for name, value in state.items():
                setattr(self._owner, name, value)

    def _unchanged(self, name: str, value: Any) -> bool:
        if name == "params" or (name == "min_delta" and hasattr(self._owner, "monitor_op")):
            return True  # Keras sets the first, and turns the second's sign once a process, together with monitor_op
        single = value is None or isinstance(value, bool | int | float | str)
        return (
            single and name in self._before and type(value) is type(self._before[name]) and value == self._before[name]
        )


def _table_of(logger: Any) -> dict[str, Any]:
    return {"text": Path(logger.filename).read_bytes().decode(), "columns": logger.keys}


def _continue_table(logger: Any, text: str, columns: list[str] | None) -> None:
    """Let the file be what it was at that epoch: it may have been begun anew, or have a row that is still to come."""
    logger.csv_file.seek(0)
    logger.csv_file.truncate()
    logger.csv_file.write(text)
    logger.csv_file.flush()
    logger.keys, logger.append_header = columns, not text
