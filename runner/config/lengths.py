"""Lengths of a learning-rate schedule: in steps, or in epochs."""

import re
from typing import Any

from runner.config.errors import ConfigError

_LENGTH = re.compile(r"(?P<number>\d+(\.\d+)?)\s*(?P<unit>epochs?|steps?)")


def in_steps(key: str, value: Any, steps_per_epoch: int, epochs: int) -> Any:
    """Return an argument of a schedule with its lengths in steps.

    "5epochs" is a length, of one step at least, and of an argument whose name ends in `_steps` null is the whole
    training; lists are looked into, other values are left as they are.

    Raises:
        ConfigError: if a text that begins with a number is no length.
    """
    if value is None and key.endswith("_steps"):
        return steps_per_epoch * epochs
    if isinstance(value, list):
        return [in_steps(key, item, steps_per_epoch, epochs) for item in value]
    if not isinstance(value, str) or not value.lstrip("+-. ")[:1].isdigit():
        return value
    length = _LENGTH.fullmatch(value.strip())
    if not length:
        raise ConfigError(f"{key}={value}: must be a number of steps, or of epochs as in 5epochs, or null (all)")
    return max(1, round(float(length["number"]) * (steps_per_epoch if length["unit"].startswith("epoch") else 1)))
