"""Display in notebooks: escaped HTML and inline pictures."""

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from html import escape

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from runner.core.text import printable
from runner.reporting.figures.drawing.appearance import Look, own_style
from runner.reporting.figures.drawing.canvas import as_svg, into_axes
from runner.reporting.figures.drawing.files import Draw
from runner.reporting.figures.drawing.fonts import fit_letters, keep_font

_MOST = 40  # sentences or rows; nobody would read more
_DOTS_AN_INCH = 110


def table_html(rows: Sequence[Mapping[str, str]]) -> str:
    """Return a table of strings by column header; a single row is shown as two columns."""
    if len(rows) == 1:
        lines = "".join(f"<tr><th>{_text(head)}</th><td>{_text(cell)}</td></tr>" for head, cell in rows[0].items())
        return f"<table>{lines}</table>"
    heads = "".join(f"<th>{_text(head)}</th>" for head in rows[0])
    cells = ("".join(f"<td>{_text(cell)}</td>" for cell in row.values()) for row in rows[:_MOST])
    lines = "".join(f"<tr>{line}</tr>" for line in cells)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>{_rest(len(rows))}"


def list_html(title: str, sentences: Iterable[str]) -> str:
    """Return a titled list; "" without sentences."""
    texts = list(sentences)
    if not texts:
        return ""
    items = "".join(f"<li>{_text(text)}</li>" for text in texts[:_MOST])
    return f"<p><b>{_text(title)}</b></p><ul>{items}</ul>{_rest(len(texts))}"


def note_html(text: str) -> str:
    """Return a paragraph."""
    return f"<p>{_text(text)}</p>"


def figure_html(figure: Figure) -> str:
    """Return a figure as an inline picture."""
    picture = base64.b64encode(as_svg(figure)).decode()
    return f'<img alt="{_text(figure.get_suptitle())}" src="data:image/svg+xml;base64,{picture}">'


def finished(draw: Draw, look: Look) -> Figure:
    """Draw a figure in the program's style; a notebook shows it with any backend of Matplotlib."""
    with own_style(look):
        figure = draw()
        fit_letters(figure)
        keep_font(figure, look.families)
    figure._repr_png_ = partial(_as_png, figure, look)  # type: ignore[attr-defined]
    return figure


def drawn_into(axes: Axes | Iterable[Axes], draw: Draw, name: str) -> Figure:
    """Draw a figure into given axes, one for each panel, in the current style; return their figure.

    Raises:
        UserError: if the figure has a different number of panels.
    """
    with into_axes([axes] if isinstance(axes, Axes) else [*np.ravel(np.asarray(axes, dtype=object))], name):
        return draw()


def _as_png(figure: Figure, look: Look) -> bytes:
    stream = io.BytesIO()
    with own_style(look):
        figure.savefig(stream, format="png", dpi=_DOTS_AN_INCH)
    return stream.getvalue()


def _rest(count: int) -> str:
    return note_html(f"... and {count - _MOST} more") if count > _MOST else ""


def _text(text: str) -> str:
    return escape(printable(text.replace("\n", " ")))
