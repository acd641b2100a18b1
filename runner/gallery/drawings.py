"""Small drawings of the gallery as SVG: a bar of the forest plot for each variant, and curves by epoch.

They are drawn from the numbers, not shrunk from a report's figures. Each takes a few hundred bytes, is sharp at any
size, and gets its colours from the page's style sheet.
"""

import math
from collections.abc import Iterable, Sequence
from html import escape

from matplotlib.ticker import MaxNLocator

from runner.core.text import counted
from runner.gallery.entry import Curves, Finding
from runner.reporting.metrics import is_share, quantity, value_text
from runner.reporting.page.cells import with_minus

_BAR = 120, 14  # width and height of a bar's view box, in pixels
_CURVES = 240, 84
_AXES = 44, 14  # width and height of the labels at the curves
_ROOM = 4  # margin around the drawing
_TICKS = 2  # number of intervals between the labels of a bar's axis
_MOST_POINTS = 60  # maximum number of points of a curve
_BEYOND = 4.0  # interval ends are cut at this multiple of the largest absolute difference


def bars(rows: Sequence[Finding]) -> list[str]:
    """Return a drawing for each row of one data set: difference, interval and a line at 0; "" without a difference."""
    low, high = _scale(rows)
    return [_bar(row, low, high) if row.estimate else "" for row in rows]


def bars_axis(rows: Sequence[Finding], metric: str) -> str:
    """Return the axis of the bars of one data set: a few round differences in the displayed unit."""
    low, high = _scale(rows)
    width, height = _BAR
    factor = 100 if is_share(metric) else 1
    ticks = MaxNLocator(nbins=_TICKS, steps=[1, 2, 5, 10]).tick_values(factor * low, factor * high)
    parts = []
    for tick in ticks:
        if low <= tick / factor <= high:
            place = _place(tick / factor, low, high)
            text = with_minus(f"{tick:+g}") if tick else "0"
            parts.append(f'<path d="M{place} 0V3"/><text x="{place}" y="12">{text}</text>')
    return f'<svg class="bar axis" viewBox="0 0 {width} {height}" aria-hidden="true">{"".join(parts)}</svg>'


def _scale(rows: Sequence[Finding]) -> tuple[float, float]:
    spans = [row.estimate for row in rows if row.estimate]
    farthest = max((abs(span[0]) for span in spans), default=0.0) or 1e-12
    ends = [end for span in spans for end in span if math.isfinite(end) and abs(end) <= _BEYOND * farthest]
    return min(0.0, *ends, 0.0), max(0.0, *ends, 0.0)


def _place(value: float, low: float, high: float) -> str:
    """Return the position of a value, or of the nearest end of the scale, in the view box of a bar."""
    share = (min(max(value, low), high) - low) / (high - low or 1)
    return f"{_ROOM + share * (_BAR[0] - 2 * _ROOM):.1f}"


def _bar(row: Finding, low: float, high: float) -> str:
    width, height = _BAR
    middle = height / 2
    difference, left, right = row.estimate or (0.0, 0.0, 0.0)
    has_interval = not math.isnan(left)
    parts = [f'<path class="zero" d="M{_place(0, low, high)} 0V{height}"/>']
    parts += (
        [f'<path class="interval" d="M{_place(left, low, high)} {middle}H{_place(right, low, high)}"/>']
        if has_interval
        else []
    )
    parts.append(f'<circle cx="{_place(difference, low, high)}" cy="{middle}" r="3.2"/>')
    # The text next to it says the same, so screen readers skip the drawing.
    return (
        f'<svg class="bar {escape(row.word)}" viewBox="0 0 {width} {height}" aria-hidden="true">{"".join(parts)}</svg>'
    )


def curves_drawing(curves: Curves) -> str:
    """Return the curves, with the range of the metric and of the epochs at two axes."""
    (width, height), (margin, below) = _CURVES, _AXES
    lines = [[(x, y) for x, y in line if math.isfinite(x) and math.isfinite(y)] for line in curves.lines]
    points = [point for line in lines for point in line]
    if not points:
        return ""
    (left, right), (low, high) = _range(x for x, _ in points), _range(y for _, y in points)

    def place(x: float, y: float) -> tuple[str, str]:
        across = (x - left) / (right - left or 1) * (width - 2 * _ROOM)
        up = (y - low) / (high - low or 1) * (height - 2 * _ROOM)
        return f"{margin + _ROOM + across:.1f}", f"{height - _ROOM - up:.1f}"

    drawn = []
    for line in filter(None, lines):
        step = max(1, -(-len(line) // _MOST_POINTS))
        kept = [*line[:-1:step], line[-1]]
        corners = "L".join(" ".join(place(*point)) for point in kept)
        x, y = place(*line[-1])
        drawn.append(f'<path class="curve" d="M{corners}"/><circle cx="{x}" cy="{y}" r="2.4"/>')
    drawn.append(f'<path class="frame" d="M{margin} 0V{height}H{margin + width}"/>')
    for value in dict.fromkeys((low, high)):
        up = float(place(left, value)[1]) + 3
        drawn.append(f'<text class="up" x="{margin - 3}" y="{up:.1f}">{value_text(value, curves.metric)}</text>')
    for epoch in dict.fromkeys((left, right)):
        drawn.append(f'<text x="{place(epoch, low)[0]}" y="{height + 10}">{epoch:g}</text>')
    name, box = escape(caption_of(curves)), f"0 0 {margin + width + _ROOM} {height + below}"
    return f'<svg class="curves" viewBox="{box}" role="img" aria-label="{name}">{"".join(drawn)}</svg>'


def caption_of(curves: Curves) -> str:
    """Return the caption of curves: metric, range and number of runs."""
    values = [y for line in curves.lines for _, y in line if math.isfinite(y)]
    if not values:
        return ""
    low, high = (value_text(value, curves.metric) for value in _range(values))
    return f"{quantity(curves.metric)} by epoch, {low} to {high}; {counted(len(curves.lines), 'run')}"


def _range(values: Iterable[float]) -> tuple[float, float]:
    found = list(values)
    return min(found), max(found)
