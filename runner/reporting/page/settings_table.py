"""Table of the page with the keys in which variants differ."""

from collections.abc import Mapping, Sequence

from runner.reporting.collection.settings import NONE, Settings
from runner.reporting.page.cells import Cell, Column, PageTable

_SHORT = 8  # characters of a value that is not broken
_MOST_VALUES = 3  # to name of the runs of one variant


def settings_table(variants: Sequence[str], baselines: Mapping[str, str], settings: Settings) -> PageTable | None:
    """Return one row per variant, each baseline before its variants; None if no key differs.

    Args:
        variants: the variant of each run.
        baselines: the baseline of each variant; a baseline maps to itself.
        settings: the settings of the runs.
    """
    if not settings.keys:
        return None
    owned: dict[str, list[Mapping[str, str]]] = {}
    for position, variant in enumerate(variants):
        owned.setdefault(variant, []).append(settings.of(position))
    positions = {variant: position for position, variant in enumerate(owned)}
    values = {variant: [_value(own, key) for key in settings.keys] for variant, own in owned.items()}
    places = {variant: positions.get(baseline, positions[variant]) for variant, baseline in baselines.items()}
    ordered = sorted(owned, key=lambda variant: (places[variant], baselines[variant] != variant))
    rows = [
        [Cell.text(variant), *_cells(values[variant], values.get(baselines[variant], values[variant]))]
        for variant in ordered
    ]
    caption = "Keys in which the runs differ. Highlighted: values that differ from the baseline's."
    columns = [Column("variant"), *map(Column, settings.keys)]
    return PageTable("table-settings", "Configuration", caption, columns, rows, [positions[name] for name in ordered])


def _value(own: Sequence[Mapping[str, str]], key: str) -> str:
    found = [*dict.fromkeys(settings.get(key, NONE) for settings in own)]
    return " or ".join(found) if len(found) <= _MOST_VALUES else f"{len(found)} values"


def _cells(values: Sequence[str], usual: Sequence[str]) -> list[Cell]:
    return [
        Cell([(value, value != other)], kind="short" if len(value) <= _SHORT else "")
        for value, other in zip(values, usual, strict=True)
    ]
