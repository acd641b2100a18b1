"""What a process keeps from one run to the next."""

import gc
import json
from collections.abc import Callable
from typing import Any, TypeVar

Value = TypeVar("Value")


class Kept:
    """Holds the last value made for each purpose, and makes a new one when what it depends on has changed."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[str, Any]] = {}

    def get(self, purpose: str, key: Any, make: Callable[[], Value]) -> Value:
        """Return the value kept for the purpose if it was made for an equal key (as JSON), else a new one."""
        text = json.dumps(key, sort_keys=True)
        if self._values.get(purpose, ("", None))[0] != text:
            self._values[purpose] = (text, self.make_alone(purpose, make) if purpose in self._values else make())
        value: Value = self._values[purpose][1]
        return value

    def make_alone(self, purpose: str, make: Callable[[], Value]) -> Value:
        """Return a new value that is not kept, made when all earlier ones are gone: two may not fit into memory."""
        self._values.pop(purpose, None)
        gc.collect()  # models and what is compiled of them refer to each other in circles
        return make()
