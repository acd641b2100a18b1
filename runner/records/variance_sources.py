"""Sources of variance: their names, and the labels of the runs in which one of them varies alone."""

from typing import Literal, get_args

from runner.core.streams import StreamName

Source = Literal["weights", "order", "dropout", "augmentation", "split"]
STREAMS: tuple[StreamName, ...] = get_args(StreamName)
ALL = "all"  # label of the runs in which everything varies together
_BETWEEN = ",vary="  # separates variant and source in a label


def label_of(variant: str, source: str) -> str:
    """Return the label of a variant's runs in which one source, or everything, varies."""
    return f"{variant}{_BETWEEN}{source}"


def variant_and_source(label: str) -> tuple[str, str]:
    """Return the variant and the source of a label made by `label_of`."""
    variant, _, source = label.rpartition(_BETWEEN)
    return variant, source
