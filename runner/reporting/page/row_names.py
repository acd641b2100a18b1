"""Short names of compared variants: the common part of a group in its heading, the rest in its rows."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_BETWEEN = re.compile(r"[,\s]+(?![^\[({]*[\])}])")  # not within brackets


@dataclass(frozen=True)
class Group:
    """Variants with one baseline: a heading, and the name of each, the baseline first."""

    heading: str
    names: Mapping[str, str]

    def shortened(self, sentence: str) -> str:
        """Return a sentence with the short names."""
        for variant in sorted(self.names, key=len, reverse=True):
            sentence = sentence.replace(variant, self.names[variant])
        return sentence


def groups(variants: Sequence[str], baselines: Mapping[str, str]) -> list[Group]:
    """Return the groups of variants that share a baseline; a single group has full names and no heading.

    A variant that shares its baseline with no other is in the last group, without a heading.
    """
    members: dict[str, list[str]] = {}
    for variant in variants:
        members.setdefault(baselines[variant], []).append(variant)
    compared = [sorted(own, key=baseline.__ne__) for baseline, own in members.items() if len(own) > 1]
    if len(compared) < 2:
        return [Group("", {variant: variant for variant in variants})]
    alone = {own[0]: own[0] for own in members.values() if len(own) == 1}
    return [*map(_group, compared), *([Group("", alone)] if alone else [])]


def _group(members: Sequence[str]) -> Group:
    parts = {variant: _BETWEEN.split(variant) for variant in members}
    common = [part for part in parts[members[0]] if all(part in own for own in parts.values())]
    names = {variant: ", ".join(part for part in own if part not in common) for variant, own in parts.items()}
    if not common or not all(names.values()) or len({*names.values()}) < len(names):
        return Group(f"against {members[0]}", {variant: variant for variant in members})
    return Group(", ".join(part.strip("[]") if part.startswith("[") else part for part in common), names)
