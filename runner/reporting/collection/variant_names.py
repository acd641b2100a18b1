"""Lookup of variants by a short form of their labels: `sgd` for `optimizer=sgd`."""

import re
from collections.abc import Callable, Iterable

from runner.core.errors import UserError
from runner.core.text import did_you_mean


def find_variant(option: str, wished: str, labels: Iterable[str]) -> str:
    """Return the only label that a string matches.

    A string matches the label that is equal to it. Otherwise, each of its comma-separated parts must be a part of the
    label, the value of a part (`sgd`) or the end of one (`learning_rate=0.1`); a label that has no further parts is
    preferred. If no label has these parts, the string matches a label that contains it as whole words.

    Args:
        option: the option that names the variant, for the message.

    Raises:
        UserError: if there is no such label, or if several fit equally well; the message then lists them.
    """
    known = list(dict.fromkeys(labels))
    parts = [part.strip() for part in wished.split(",")]
    words = _whole_words(wished)
    fits: list[Callable[[str], bool]] = [
        lambda label: label == wished,
        lambda label: _has(label, parts) and label.count(",") + 1 == len(parts),
        lambda label: _has(label, parts),
        lambda label: bool(words.search(label)),
    ]
    found = next((some for fit in fits if wished.strip() and (some := [*filter(fit, known)])), [])
    if len(found) > 1:
        raise UserError(f"{option} {wished}: matches several variants: {'; '.join(found)}")
    if not found:
        raise UserError(f"{option} {wished}: no such variant{did_you_mean(wished, known)}")
    return found[0]


def _has(label: str, parts: Iterable[str]) -> bool:
    return all(any(_is(one, part) for one in label.split(",")) for part in parts)


def _is(own: str, part: str) -> bool:
    return part in (own, own.partition("=")[2]) or (own.endswith(f".{part}") and not part[:1].isdecimal())


def _whole_words(text: str) -> re.Pattern[str]:
    """Return a pattern for a string that does not begin or end inside a word or a number."""
    before = r"(?<![\w+-])(?<!\d\.)" if text[:1].isdecimal() else r"(?<!\w)"
    return re.compile(rf"{before}{re.escape(text)}(?!\w)(?!\.\d)")
