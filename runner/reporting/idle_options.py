"""Options of a report that have no effect with its formats."""

from runner.core.errors import UserError
from runner.reporting.formats import FIGURE_FORMATS, FORMATS, USUAL_FORMATS, Output

_NEEDED = {"siunitx": {"table"}, "figure_data": {*FIGURE_FORMATS, "html"}}  # formats with which an option has an effect


def refuse_idle_options(output: Output) -> None:
    """Raise UserError for an option that has no effect with the chosen formats."""
    chosen = {*(USUAL_FORMATS if output.formats is None else output.formats)}
    for name, needed in _NEEDED.items():
        if getattr(output, name) and not needed & chosen:
            allowed = " or ".join(one for one in FORMATS if one in needed)
            shown = " ".join(one for one in FORMATS if one in chosen)
            raise UserError(f"--{name.replace('_', '-')}: no effect with --format {shown}; add {allowed}")
