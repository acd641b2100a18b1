"""Tables and text in Markdown."""

from collections.abc import Mapping, Sequence

from runner.reporting.tables.marks import Mark, of_columns

_DECORATIONS: Mapping[Mark, str] = {"best": "**{}**", "as good": r"{}\*", "": "{}"}


def markdown_table(rows: Sequence[Mapping[str, str]], marks: Sequence[Sequence[Mark]], note: str) -> str:
    """Return a GitHub table with a note below it.

    Args:
        rows: text by header.
        marks: marks of the second and later columns, a sequence per row.
    """
    lines = [[*map(escaped_markdown, rows[0])], ["---", *["---:"] * (len(rows[0]) - 1)]]
    for row, own in zip(rows, marks, strict=True):
        name, *values = map(escaped_markdown, row.values())
        decorated = zip(values, of_columns(own, len(values)), strict=True)
        lines.append([name, *(_DECORATIONS[mark].format(value) for value, mark in decorated)])
    text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return f"{text}\n\n{note}\n"


def escaped_markdown(text: str) -> str:
    """Escape text for Markdown, on one line."""
    for letter in ("\\", "|", "*", "_", "`", "[", "]", "$"):
        text = text.replace(letter, f"\\{letter}")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", " ")
