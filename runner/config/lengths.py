"""Lengths of learning-rate schedules, converted to steps."""

import re
from typing import Any

from runner.core.errors import ConfigError

_LENGTH = re.compile(r"(?P<number>\d+(\.\d+)?)\s*(?P<unit>epochs?|steps?)")


def in_steps(key: str, value: Any, steps_per_epoch: int, epochs: int) -> Any:
    """Convert the lengths in a schedule's argument to steps.

    "5epochs" becomes at least one step. Null means the whole run if the argument's name ends in `_steps`. Lists
    are converted item by item; other values stay unchanged.

    Raises:
        ConfigError: if a text begins with a number but is not a length.
    """
    if value is None and key.endswith("_steps"):
        return steps_per_epoch * epochs
    if isinstance(value, list):
        return [in_steps(key, item, steps_per_epoch, epochs) for item in value]
    if not isinstance(value, str) or not value.lstrip("+-. ")[:1].isdigit():
        return value
    length = _LENGTH.fullmatch(value.strip())
    if not length:
        raise ConfigError(
            f"{key}={value}: must be a number of steps, or of epochs such as 5epochs, or null (the whole run)"
        )
    return max(1, round(float(length["number"]) * (steps_per_epoch if length["unit"].startswith("epoch") else 1)))
