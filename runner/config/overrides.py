"""Overrides: the `KEY=VALUE` texts of a command line, a study and a record, taken apart."""

from typing import NamedTuple, Self


class Override(NamedTuple):
    """One override, such as `optimizer.learning_rate=0.1`, `+model.width=2` or `~schedule`."""

    prefix: str  # "", "+", "++" or "~"
    key: str  # a key, or the name of a group
    value: str  # as it is written; "" where there is none
    has_value: bool  # whether there is a `=`

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take an override apart. Any text is accepted; Hydra's grammar decides what it means."""
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
    """Return the key or group that an override is about."""
    return Override.parse(text).key
