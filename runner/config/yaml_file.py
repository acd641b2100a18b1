"""Reading YAML that anybody may have written: bounded in size, depth and aliases, and no key twice."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from runner.config.errors import ConfigError, printable

LARGEST = 2**16  # bytes, and characters once aliases are written out
DEEPEST = 32
LONGEST_NUMBER = 300  # digits; the largest float has 309
_NULLS = ("", "~", "null", "Null", "NULL")


def read_yaml(path: Path) -> Any:
    """Return what a YAML file holds.

    Raises:
        FileNotFoundError: if there is none.
        ConfigError: if it cannot be read, with line and key.
    """
    text = read_yaml_text(path)
    try:
        return yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: of dates and numbers
        raise ConfigError(f"{path}: {_brief(error)}") from error


def read_yaml_text(path: Path) -> str:
    """Return the text of a YAML file that is safe to load.

    Raises:
        FileNotFoundError: if there is none.
        ConfigError: as `read_yaml` does.
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
    """A collection whose end is not read yet."""

    anchor: str | None
    is_mapping: bool
    place: str = ""  # the key, or index, of what was read last
    keys: set[str] = field(default_factory=set)
    nodes: int = 0  # in a mapping keys and values, in turn
    size: int = 1

    def take(self, event: yaml.NodeEvent) -> None:
        """Count a node in."""
        if not self.is_mapping:
            self.place = str(self.nodes)
        elif self.nodes % 2 == 0:
            if not isinstance(event, yaml.ScalarEvent):
                raise ValueError("a key must be a name")
            self.place = event.value
            if event.implicit[0] and event.value in _NULLS:
                raise ValueError("a key that is YAML's null; quote it")
            if event.value in self.keys:
                raise ValueError("given twice")
            self.keys.add(event.value)
        self.nodes += 1


def _refuse_unsafe(text: str) -> None:
    """Raise ValueError, with line and key, for what costs more to load than it has letters, or means two things."""
    opened: list[_Open] = [_Open(None, is_mapping=False)]
    sizes: dict[str | None, int] = {}  # of what has an anchor
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
                raise ValueError(f"more than {DEEPEST} levels deep")
            if opened[-1].size > LARGEST:
                raise ValueError(f"more than {LARGEST // 1024} KB, with its aliases written out")
        except ValueError as error:
            assert event.start_mark
            place = f"line {event.start_mark.line + 1}", ".".join(one.place for one in opened[1:])
            raise ValueError(printable(": ".join(filter(None, (*place, str(error)))))) from None


def _size(event: yaml.NodeEvent, sizes: dict[str | None, int], opened: list[_Open]) -> int:
    """Return how many characters an alias or a scalar stands for."""
    if isinstance(event, yaml.ScalarEvent):
        _refuse_long_number(event)
        sizes[event.anchor] = len(event.value) + 1
        return len(event.value) + 1
    if any(one.anchor == event.anchor for one in opened):
        raise ValueError(f"*{event.anchor} is part of itself")
    return sizes.get(event.anchor, 1)  # the loader refuses one that there is not


def _refuse_long_number(event: yaml.ScalarEvent) -> None:
    if event.implicit[0] and len(event.value) > LONGEST_NUMBER and event.value.lstrip("+-._")[:1].isdigit():
        raise ValueError(f"a number of {len(event.value)} characters")


def _brief(error: Exception) -> str:
    """Return an error in one line, with the place where it is."""
    if not isinstance(error, yaml.MarkedYAMLError) or not (mark := error.problem_mark):
        return printable(str(error).splitlines()[0])
    said = ", ".join(filter(None, (error.context, error.problem)))
    return printable(f"line {mark.line + 1}: {said}")
