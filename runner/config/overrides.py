"""Overrides: parser of the `KEY=VALUE` texts of command lines, studies and records."""

import json
import re
from typing import Any, NamedTuple, Self


class Override(NamedTuple):
    """One override, such as `optimizer.learning_rate=0.1`, `+model.width=2` or `~schedule`."""

    prefix: str  # "", "+", "++" or "~"
    key: str  # a key, or the name of a group
    value: str  # as written; "" if there is none
    has_value: bool  # whether there is a `=`

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse an override. Any text is accepted; Hydra's grammar determines its meaning."""
        written, equals, value = text.partition("=")
        key = written.lstrip("+~")
        return cls(written.removesuffix(key), key, value, bool(equals))

    @property
    def section(self) -> str:
        """The group or top-level key that it belongs to."""
        return self.key.partition(".")[0]

    @property
    def items(self) -> list[str]:
        """The items of a list such as `[a,b]`; a single value is its only item, and an empty value has none."""
        names = (name.strip() for name in self.value.removeprefix("[").removesuffix("]").split(","))
        return [name for name in names if name]


def override_key(text: str) -> str:
    """Return the key or group that an override sets."""
    return Override.parse(text).key


_ZEROS = re.compile(r"-?\d{1,6}0{6,}\.0")  # trailing zeros, after at most as many digits as `:g` keeps


def as_override(key: str, value: Any) -> str:
    """Return the override that sets a key to a value from YAML."""
    return f"{key}={literal(value)}"


def literal(value: Any) -> str:
    """Return a value from YAML in the form that an override needs."""
    if isinstance(value, list):
        return f"[{','.join(map(literal, value))}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{literal(item)}" for key, item in value.items()) + "}"
    return json.dumps(value) if value is None or isinstance(value, bool) else short_form(str(value))


def short_form(value: str) -> str:
    """Return a large float in scientific notation (1e+12) if Python and Hydra would write all its zeros."""
    return f"{float(value):g}" if _ZEROS.fullmatch(value) else value
