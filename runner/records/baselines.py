"""Baselines: the variants with which the others are compared."""

from collections.abc import Iterable, Sequence


def study_names(variants: Iterable[str], drop: Iterable[str]) -> list[str]:
    """Return the names of a study's variants: `full`, one for each dropped part, and those that the study lists."""
    without = [f"without {part}" for part in drop]
    return list(dict.fromkeys([*(["full"] if without else []), *without, *variants]))


def baselines(arms: Sequence[str], baseline: str | None, names: Iterable[str] = ()) -> dict[str, str]:
    """Return the baseline of each arm; a baseline maps to itself.

    A study's variants that were crossed with a grid are compared cell by cell: `adam,batch_size=4` with
    `sgd,batch_size=4`.

    If a cell lacks the baseline (which is then not among the arms), no other arm replaces it.

    Args:
        arms: labels of the variants.
        baseline: the label of an arm, or the name of a study's variant; None: the first one.
        names: names of the study's variants.
    """
    known = [*names]
    if baseline is not None and (baseline in arms or baseline not in known):
        return dict.fromkeys(arms, baseline)
    parts = {arm: arm_parts(arm, known) for arm in arms}
    name = parts[arms[0]][0] if baseline is None else baseline
    return {arm: f"{name}{cell}" for arm, (_, cell) in parts.items()}


def arm_parts(arm: str, names: Iterable[str]) -> tuple[str, str]:
    """Split the label of an arm into a study's variant and its cell of the grid, with the comma.

    An arm that belongs to no variant is returned whole.

    Args:
        names: names of the study's variants.
    """
    for name in sorted(names, key=len, reverse=True):  # so that `a,b` is not taken for a cell of `a`
        if arm == name or arm.startswith(f"{name},"):
            return name, arm[len(name) :]
    return arm, ""
