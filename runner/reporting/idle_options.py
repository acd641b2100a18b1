"""Options of a report that have no effect with its formats."""

from dataclasses import fields

from runner.core.errors import UserError
from runner.reporting.formats import FIGURE_FORMATS, FORMATS, USUAL_FORMATS, Output

_DRAWN = {*FIGURE_FORMATS, "html"}
NEEDED_FORMATS = {  # formats with which an option has an effect
    "seeds": _DRAWN,
    "confusion": _DRAWN,
    "style": _DRAWN,
    "width": _DRAWN,
    "font": _DRAWN,
    "figure_data": _DRAWN,
    "order": {"table"},
    "siunitx": {"table"},
}


def refuse_idle_options(output: Output) -> None:
    """Raise UserError for an option that has no effect with the chosen formats."""
    chosen = {*(USUAL_FORMATS if output.formats is None else output.formats)}
    defaults = {field.name: field.default for field in fields(Output)}
    for name, needed in NEEDED_FORMATS.items():
        if getattr(output, name) != defaults[name] and not needed & chosen:
            allowed = " or ".join(one for one in FORMATS if one in needed)
            shown = " ".join(one for one in FORMATS if one in chosen)
            raise UserError(f"--{name.replace('_', '-')}: no effect with --format {shown}; add {allowed}")
