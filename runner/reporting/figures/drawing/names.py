"""Names of variants in print: the study's own names, else its keys with spaces in place of underscores."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from runner.records.baselines import arm_parts

_IN_FORCE: ContextVar[Mapping[str, str] | None] = ContextVar("names", default=None)
_WORDS = re.compile(r"[^\W_]+(_[^\W_]+)+")  # letters and digits, joined by single underscores


def print_names(labels: Mapping[str, str], variants: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """Return the names in print of the variants, of their cells and of their labels; without those that stay.

    A name that would stand for two variants is not used.

    Args:
        labels: of the variants of a report: the label without its data set, by label.
        variants: the names of the study's variants.
        given: names in print that the study gives.
    """
    wished = {name: given.get(name) or _in_words(name) for name in variants}
    times = Counter([*wished.values(), *(name for name in variants if wished[name] != name)])
    shown = {name: text for name, text in wished.items() if text != name and times[text] == 1}
    found = dict(shown)
    for label, arm in labels.items():
        name, _ = arm_parts(arm, variants)
        if name in shown:
            found |= {text: shown[name] + text[len(name) :] for text in (arm, label)}
    return found


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
    """Return the name in print of a variant; what follows in parentheses stays."""
    names = _IN_FORCE.get() or {}
    name, bracket, rest = text.rpartition(" (")
    return names.get(text) or names.get(name, name) + bracket + rest
