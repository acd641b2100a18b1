"""Bounded reading of untrusted YAML files: limited size, depth and aliases, no duplicate keys."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from runner.core.errors import ConfigError
from runner.core.text import printable

LARGEST = 2**16  # bytes, and characters after aliases are expanded
DEEPEST = 32
LONGEST_NUMBER = 300  # digits; the largest float has 309
_NULLS = ("", "~", "null", "Null", "NULL")


def read_yaml(path: Path) -> Any:
    """Return the content of a YAML file.

    Raises:
        FileNotFoundError: if it does not exist.
        ConfigError: if it cannot be read; the message names the line and key.
    """
    text = read_yaml_text(path)
    try:
        return yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError) as error:  # ValueError comes from invalid dates and numbers
        raise ConfigError(f"{path}: {_brief(error)}") from error


def read_yaml_text(path: Path) -> str:
    """Return the text of a YAML file that is safe to load.

    Raises:
        FileNotFoundError: if it does not exist.
        ConfigError: as in `read_yaml`.
    """
    if path.exists() and not path.is_file():
        raise ConfigError(f"{path}: not a file")
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
        text = content.decode("utf-8")
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error})") from error
    if len(content) > LARGEST:
        raise ConfigError(f"{path}: more than {LARGEST // 1024} KB of YAML")
    try:
        _refuse_unsafe(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: {_brief(error)}") from error
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from error
    return text


@dataclass
class _Open:
    """A collection that is being read."""

    anchor: str | None
    is_mapping: bool
    place: str = ""  # the last key or index
    keys: set[str] = field(default_factory=set)
    nodes: int = 0  # read so far; in a mapping, keys and values alternate
    size: int = 1

    def take(self, event: yaml.NodeEvent) -> None:
        """Count a node."""
        if not self.is_mapping:
            self.place = str(self.nodes)
        elif self.nodes % 2 == 0:
            if not isinstance(event, yaml.ScalarEvent):
                raise ValueError("a key must be a name")
            self.place = event.value
            if event.implicit[0] and event.value in _NULLS:
                raise ValueError("the key is YAML's null; quote it")
            if event.value in self.keys:
                raise ValueError("given twice")
            self.keys.add(event.value)
        self.nodes += 1


def _refuse_unsafe(text: str) -> None:
    """Raise ValueError, with line and key, for YAML that is ambiguous or expands beyond the limits."""
    opened: list[_Open] = [_Open(None, is_mapping=False)]
    sizes: dict[str | None, int] = {}  # characters of each anchor's value
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        try:
            if isinstance(event, yaml.CollectionEndEvent):
                closed = opened.pop()
                sizes[closed.anchor] = closed.size
                opened[-1].size += closed.size
            elif isinstance(event, yaml.NodeEvent):
                opened[-1].take(event)
                if isinstance(event, yaml.CollectionStartEvent):
                    opened.append(_Open(event.anchor, isinstance(event, yaml.MappingStartEvent)))
                else:
                    opened[-1].size += _size(event, sizes, opened)
            if len(opened) > DEEPEST:
                raise ValueError(f"nested more than {DEEPEST} levels deep")
            if opened[-1].size > LARGEST:
                raise ValueError(f"more than {LARGEST // 1024} KB after its aliases are expanded")
        except ValueError as error:
            assert event.start_mark
            place = f"line {event.start_mark.line + 1}", ".".join(one.place for one in opened[1:])
            raise ValueError(printable(": ".join(filter(None, (*place, str(error)))))) from None


def _size(event: yaml.NodeEvent, sizes: dict[str | None, int], opened: list[_Open]) -> int:
    """Return the number of characters that an alias or a scalar expands to."""
    if isinstance(event, yaml.ScalarEvent):
        _refuse_long_number(event)
        sizes[event.anchor] = len(event.value) + 1
        return len(event.value) + 1
    if any(one.anchor == event.anchor for one in opened):
        raise ValueError(f"*{event.anchor} contains itself")
    return sizes.get(event.anchor, 1)  # the loader rejects an unknown anchor


def _refuse_long_number(event: yaml.ScalarEvent) -> None:
    if event.implicit[0] and len(event.value) > LONGEST_NUMBER and event.value.lstrip("+-._")[:1].isdigit():
        raise ValueError(f"a number with {len(event.value)} characters; at most {LONGEST_NUMBER} are allowed")


def _brief(error: Exception) -> str:
    """Return an error on one line, with its position."""
    if not isinstance(error, yaml.MarkedYAMLError) or not (mark := error.problem_mark):
        return printable(str(error).splitlines()[0])
    said = ", ".join(filter(None, (error.context, error.problem)))
    return printable(f"line {mark.line + 1}: {said}")
