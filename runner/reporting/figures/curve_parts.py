"""Parts of the figure of learning curves: the history of each cell, its scale and its enlarged part."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes

from runner.reporting.comparison.folds import Unit
from runner.reporting.figures.drawing.curve_scale import finite_values, reach
from runner.reporting.figures.drawing.curves import FEW_RUNS, blank_variants, by_variant, far_variants, shown_curve
from runner.reporting.figures.drawing.early_values import early_top
from runner.reporting.figures.drawing.end_labels import End, fit_ends
from runner.reporting.figures.drawing.grid_panels import MOST_PANELS
from runner.reporting.figures.drawing.names import shown_name
from runner.reporting.figures.drawing.styles import Style
from runner.reporting.figures.drawing.zoom import LastPart, last_part
from runner.reporting.metrics import has_direction, is_share, sign_of

_MOST_BANDS = 4  # bands in the enlarged part; of more variants, only the intervals at their ends are drawn there
BAR_ROOM = 0.023  # distance of these intervals to the right of the curves, as a share of the panel's width


@dataclass(frozen=True)
class Part:
    """The variants of one cell, and the cell's history, which contains their names."""

    cell: str
    history: pd.DataFrame
    blank: set[str]  # variants without finite values
    curves: Mapping[str, pd.DataFrame]  # mean and interval of the last column by epoch, for each variant
    zoomed: LastPart | None
    far: Mapping[str, Mapping[str, float]]  # for each column, variants far above it, with their largest values
    above: Mapping[str, Mapping[str, float]]  # likewise, variants with early outliers
    tops: Mapping[str, float]  # for each column, the largest value that is not an early outlier
    is_log: bool

    @classmethod
    def of(cls, cell: str, history: pd.DataFrame, columns: Sequence[str], metric: str, unit: Unit) -> "Part":
        """Return the part of one cell, from its history."""
        blank = blank_variants(history, columns)
        means = {
            column: {name: shown_curve(own, unit) for name, own in by_variant(history, column).items()}
            for column in columns
        }
        far = {
            column: {} if is_share(metric) else far_variants({name: [own["mean"]] for name, own in found.items()})
            for column, found in means.items()
        }
        tops = {column: np.inf if is_share(metric) else _top(history, column, far[column]) for column in columns}
        above = {
            column: {name: top for name, own in found.items() if (top := _largest(own)) > tops[column]}
            for column, found in means.items()
        }
        part = cls(cell, history, blank, means[columns[-1]], None, far, above, tops, is_log=False)
        is_log = any(reach(part.near_values(column), (), metric)[2] for column in columns)
        return replace(part, is_log=is_log, zoomed=_zoom(part.near_curves(), part.values(), metric))

    def near_curves(self) -> list[pd.DataFrame]:
        """Return the curves without those of variants far above the others."""
        return [curve for name, curve in self.curves.items() if name not in [*self.far.values()][-1]]

    def values(self) -> npt.NDArray[np.float64]:
        """Return all finite values that determine the scale."""
        return np.concatenate([self.near_values(column) for column in self.far])

    def near_values(self, column: str) -> npt.NDArray[np.float64]:
        """Return the finite values of a column, without those far above the others."""
        values = finite_values(_near(self.history, self.far[column])[column])
        return values[values <= self.tops[column]]

    def fits(self, styles: Mapping[str, Style], inches: float) -> bool:
        """Return whether all names fit at the ends of the curves."""
        has_ends = all(len(curve) and styles[name].shown for name, curve in self.curves.items())
        return has_ends and fit_ends([*map(shown_name, self.curves)], inches)

    def ends(self, styles: Mapping[str, Style], axes: Axes) -> list[End]:
        """Return the ends of all curves; in an enlarged part, those at the last epoch are at the edge of the panel."""
        last, edge = self.history["epoch"].max(), axes.get_xlim()[1]
        places = self.bar_places(axes, styles)
        found = []
        for name, mean in ((name, curve["mean"]) for name, curve in self.curves.items()):
            at_end = edge if self.zoomed and mean.index[-1] == last else mean.index[-1]
            found.append(End(shown_name(name), places.get(name, at_end), mean.iloc[-1], styles[name].color))
        return found

    def bar_places(self, axes: Axes, styles: Mapping[str, Style]) -> dict[str, float]:
        """Return the places of the intervals that follow the variants' last epochs in a panel with final limits."""
        step = BAR_ROOM * float(np.ptp(axes.get_xlim()))
        return {name: self.curves[name].index[-1] + step * place for place, name in enumerate(self.barred(styles), 1)}

    def barred(self, styles: Mapping[str, Style]) -> list[str]:
        """Return the variants whose intervals follow their last epoch in the enlarged part; bands would overlap."""
        if self.zoomed is None:
            return []
        inside = self.late(self.zoomed)
        counts = inside.groupby("variant", sort=False)["position"].nunique()
        many = [str(name) for name in counts.index if styles[str(name)].shown]
        return [] if len(many) <= _MOST_BANDS or counts.min() <= FEW_RUNS else many

    def late(self, zoom: LastPart) -> pd.DataFrame:
        """Return the history of the enlarged part, of the variants whose means are in it."""
        means = {name: own["mean"].loc[zoom.first :] for name, own in self.curves.items()}
        is_inside = {name: own.between(zoom.low, zoom.high).any() for name, own in means.items()}
        late = self.history[self.history["epoch"] >= zoom.first]
        return late[late["variant"].map(is_inside).astype(bool)]


def _near(history: pd.DataFrame, far: Container[str]) -> pd.DataFrame:
    """Return the history without the variants far above the others."""
    return history[[variant not in far for variant in history["variant"]]]


def _top(history: pd.DataFrame, column: str, far: Container[str]) -> float:
    """Return the largest value that is not an early outlier, without regard to variants far above the others."""
    return early_top(_near(history, far), column)


def _largest(curve: pd.DataFrame) -> float:
    return float(curve["mean"].max())


def _zoom(curves: Sequence[pd.DataFrame], finite: npt.NDArray[np.float64], metric: str) -> LastPart | None:
    """Return the part of the curves on one scale that is to be enlarged.

    Args:
        finite: all values on that scale.
    """
    ends = [float(curve["mean"].iloc[-1]) for curve in curves if len(curve)]
    low, high, is_log = reach(finite, ends, metric)
    return last_part(curves, low, high, log=is_log, sign=sign_of(metric) if has_direction(metric) else 0)


def parts_of(
    history: pd.DataFrame,
    columns: Sequence[str],
    metric: str,
    unit: Unit,
    cells: Mapping[str, tuple[str, str]] | None,
    *,
    is_common: bool,
) -> list[Part]:
    """Return the parts of the cells.

    Args:
        is_common: all cells share one scale and one zoom.
    """
    parts = [Part.of(cell, own, columns, metric, unit) for cell, own in by_cell(history, cells)]
    if not is_common:
        return parts
    whole = [curve for part in parts for curve in part.near_curves()]
    zoomed = _zoom(whole, np.concatenate([part.values() for part in parts]), metric)
    is_log = any(part.is_log for part in parts)
    return [replace(part, zoomed=zoomed, is_log=is_log) for part in parts]


def by_cell(history: pd.DataFrame, cells: Mapping[str, tuple[str, str]] | None) -> list[tuple[str, pd.DataFrame]]:
    """Return the cells and their rows, with the names of the variants; one cell if there are too many."""
    found = dict.fromkeys(cell for _, cell in (cells or {}).values())
    if cells is None or not 1 < len(found) <= MOST_PANELS:
        return [("", history)]
    cell_of = history["variant"].map({variant: cell for variant, (_, cell) in cells.items()})
    named = history.assign(variant=history["variant"].map({variant: name for variant, (name, _) in cells.items()}))
    return [(cell, own) for cell in found if len(own := named[cell_of == cell])]
