"""Output options of a report: formats and figures."""

from collections.abc import Collection
from dataclasses import dataclass

FIGURE_FORMATS = ("png", "svg", "pdf")
FORMATS = ("csv", "table", *FIGURE_FORMATS, "html")
USUAL_FORMATS = ("csv", "table", "png", "svg", "html")
USUAL_OF_A_RUN = ("csv", "png")


@dataclass(frozen=True)
class Output:
    """Formats and figures to write."""

    formats: Collection[str] | None = None  # of FORMATS; None: USUAL_FORMATS or USUAL_OF_A_RUN
    seeds: bool = False  # draw every seed's curve
    confusion: str | None = None  # variant of the confusion matrix; None: the best on validation
