"""Display names of variants, cells, keys and values: words, keys without their groups, and plain numbers."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

from runner.records.baselines import arm_parts

_IN_FORCE: ContextVar[Mapping[str, str] | None] = ContextVar("names", default=None)
_KEY = re.compile(r"(?:^|(?<=,))[\w.]+\.(\w+)=")  # the key of an override, with its groups
_OPTIONS = re.compile(r"(?:^|(?<=,))(\w+)=[A-Za-z]\w*(?=,|$)")  # a group of the configuration with a chosen option
_OVERRIDE = re.compile(r"(?:^|(?<=,))([\w.]+)=")  # the full key of an override
_PART = re.compile(r"(?:^|(?<=,))(\w+)=")  # a key without a group
_NUMBER = re.compile(r"(?<==)[-+]?\d[\d.eE+-]*(?=$|[, ])")  # the value of an override
_WORDS = re.compile(r"[^\W_]+(_[^\W_]+)+")  # letters and digits, joined by single underscores


def print_names(labels: Mapping[str, str], variants: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """Return the display names of the variants, of their cells and of their labels; unchanged names are omitted.

    A name that would represent two variants is not used. `short_keys` shortens the cells of a grid and the labels of a
    sweep without a study, such as `optimizer.learning_rate=0.1`.

    Args:
        labels: for each variant's label, the label without its data set.
        variants: the names of the study's variants.
        given: display names that the study gives.
    """
    wished = {name: given.get(name) or _in_words(name) for name in variants}
    times = Counter([*wished.values(), *(name for name in variants if wished[name] != name)])
    shown = {name: text for name, text in wished.items() if text != name and times[text] == 1}
    found = dict(shown)
    short = {} if variants else _short_arms([*labels.values()])
    for label, arm in labels.items():
        if arm in short:
            found |= {arm: short[arm], label: short[arm] + label[len(arm) :]}
        name, cell = arm_parts(arm, variants)
        if name in shown or cell:
            found |= {text: shown.get(name, name) + short_keys(text[len(name) :]) for text in (arm, label)}
    return {label: text for label, text in found.items() if text != label}


def _short_arms(arms: Sequence[str]) -> dict[str, str]:
    """Return the labels with their keys in short form; empty if one short form would represent two keys.

    If the arms have the same keys and options of one group, `optimizer=sgd`, options are named without the group.
    """
    keys = {key for arm in arms for key in _OVERRIDE.findall(arm)}
    if len({key.rpartition(".")[2] for key in keys}) < len(keys):
        return {}
    are_alike = len({tuple(_OVERRIDE.findall(arm)) for arm in arms}) == 1
    groups = {frozenset(option[1] for option in _OPTIONS.finditer(arm)) for arm in arms} if are_alike else set()
    group = "".join(*groups) if [len(own) for own in groups] == [1] else ""
    short = {arm: short_keys(re.sub(rf"(?:^|(?<=,)){group}=", "", arm) if group else arm) for arm in arms}
    return short if len({*short.values()}) == len(short) else {}


def short_keys(cell: str) -> str:
    """Return a cell in short form, `optimizer=sgd, learning rate=0.1`.

    Keys are in words, unless two of them would be equal, and values are as on an axis (`shown_value`).
    """
    short = _KEY.sub(r"\1=", cell)
    keys = _PART.findall(short)
    shown = _PART.sub(lambda key: f"{_in_words(key[1])}=", short) if len({*keys}) == len(keys) else cell
    return _NUMBER.sub(lambda value: shown_value(value[0]), re.sub(r",(?=[\w. ]+=)", ", ", shown))


def shown_value(text: str) -> str:
    """Return a value of a key as it is printed: a number of up to six digits as on an axis, `1` for `1.0`."""
    try:
        number = float(text)
    except ValueError:
        return text
    return short if float(short := f"{number:g}") == number else text


def key_names(keys: Sequence[str]) -> dict[str, str]:
    """Return the printed names of keys, `learning rate`; a key keeps its group if another one would have its name."""
    words = {key: _in_words(key.rpartition(".")[2]) for key in keys}
    times = Counter(words.values())
    return {key: text if times[text] == 1 else key for key, text in words.items()}


def with_names(text: str, names: Mapping[str, str]) -> str:
    """Return a sentence with the display names of the variants that it names by their labels."""
    return _pattern(tuple(names)).sub(lambda found: names[found[0]], text) if names else text


@lru_cache(maxsize=8)
def _pattern(labels: tuple[str, ...]) -> re.Pattern[str]:
    """Return the pattern of a label that is not part of an override, a list or a longer name."""
    either = "|".join(map(re.escape, sorted(labels, key=len, reverse=True)))
    return re.compile(rf"(?<![\w.=\[,/-])(?:{either})(?![\w=\]/-]|[.,]\w)")


def _in_words(name: str) -> str:
    return name.replace("_", " ") if _WORDS.fullmatch(name) else name


@contextmanager
def names_in_force(names: Mapping[str, str]) -> Iterator[None]:
    """Draw and write variants with these names within the block."""
    token = _IN_FORCE.set(names)
    try:
        yield
    finally:
        _IN_FORCE.reset(token)


def shown_name(text: str) -> str:
    """Return the display name of a variant; text in parentheses after the name is kept."""
    names = _IN_FORCE.get() or {}
    name, bracket, rest = text.rpartition(" (")
    return names.get(text) or names.get(name, name) + bracket + rest
