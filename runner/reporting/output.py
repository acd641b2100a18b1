"""Parts of a report that a command chooses."""

from collections.abc import Collection
from dataclasses import dataclass

FORMATS = ("csv", "table", "png", "svg", "pdf", "html")
USUAL_FORMATS = ("csv", "table", "png", "svg", "html")
USUAL_OF_A_RUN = ("csv", "png")


@dataclass(frozen=True)
class Output:
    """What a report consists of."""

    formats: Collection[str] | None = None  # of FORMATS; None: USUAL_FORMATS, or USUAL_OF_A_RUN
    seeds: bool = False  # draw every seed's curve
    confusion: str | None = None  # the variant whose confusion matrix is drawn; None: the best on validation
