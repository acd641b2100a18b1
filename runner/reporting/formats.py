"""Output options of a report: formats and figures."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

FIGURE_FORMATS = ("png", "svg", "pdf")
FORMATS = ("csv", "table", *FIGURE_FORMATS, "html")
USUAL_FORMATS = ("csv", "table", "png", "svg", "html")
USUAL_OF_A_RUN = ("csv", "png")
Style = Literal["paper", "slides", "screen"]
STYLES: tuple[Style, ...] = ("paper", "slides", "screen")


Order = Literal["given", "result"]
ORDERS: tuple[Order, ...] = ("given", "result")


@dataclass(frozen=True)
class Output:
    """Formats and figures of a report."""

    formats: Collection[str] | None = None  # from FORMATS; None: USUAL_FORMATS or USUAL_OF_A_RUN
    seeds: bool = False  # whether to draw the curve of every seed
    confusion: str | None = None  # variant of the confusion matrix; None: the best on validation
    style: str | None = None  # from STYLES; None: screen
    width: float | None = None  # width of a full-width figure in millimetres; None: the style's
    font: str | None = None  # family of the figures' text; None: Matplotlib's own
    order: Order = "given"  # order of the rows in tables: as given, or the best first
    figure_data: bool = False  # whether to write a file with each figure's data
    siunitx: bool = False  # whether to align the numbers of LaTeX tables with siunitx
