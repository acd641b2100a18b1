"""Cache of data and compiled functions, which a process keeps from one run to the next."""

import gc
import json
from collections.abc import Callable
from typing import Any, TypeVar

Value = TypeVar("Value")


class Kept:
    """Cache of the last value for each purpose; a new key makes a new value."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[str, Any]] = {}

    def get(self, purpose: str, key: Any, make: Callable[[], Value]) -> Value:
        """Return the purpose's cached value if it was made for an equal key (as JSON), else a new value."""
        text = json.dumps(key, sort_keys=True)
        if self._values.get(purpose, ("", None))[0] != text:
            self._values[purpose] = (text, self.make_alone(purpose, make) if purpose in self._values else make())
        value: Value = self._values[purpose][1]
        return value

    def holds(self, purpose: str) -> bool:
        """Return whether a value is cached for the purpose."""
        return purpose in self._values

    def make_alone(self, purpose: str, make: Callable[[], Value]) -> Value:
        """Return a new value without caching it; free the earlier one first, because memory may not hold both."""
        self._values.pop(purpose, None)
        gc.collect()  # models and their compiled functions form reference cycles
        return make()
