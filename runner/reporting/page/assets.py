"""Style, scripts and template of the page, and their hashes for its Content-Security-Policy."""

import base64
import hashlib
import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from runner.reporting.page.cells import with_minus

# In the order of their dependencies.
_SCRIPTS = (
    "variants", "tables", "filters", "columns", "tip", "charts", "forest", "groups", "curves", "curve_texts",
    "curve_charts", "dots", "scatter", "parallel", "pictures", "views", "two_runs",
)  # fmt: skip
_PUNCTUATION = re.compile(r"(?<=[,/])(?!\s)|(?<=[_.-])(?![\d\s])")  # not within 0.1, 1e-07 or beta_1
_DIGEST = re.compile(r"(?:.*=)?([0-9a-f]{20,})")  # a fingerprint, or an override with one

_LONGEST_WORD = 40
_LONGEST_PART = 22  # characters of one of several parts, such as "learning rate=0.001", that have one line


def template(name: str = "page.html") -> Template:
    """Return the template of a page."""
    return template_of(_part(name))


def template_of(source: str) -> Template:
    """Return a template whose values are escaped, with the macros and filters of the page."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    environment.filters |= {
        "breakable": _breakable,
        "short_parts": _short_parts,
        "minus": with_minus,
        "digest": _digest,
    }
    return environment.from_string(source)


def assets() -> dict[str, str | list[str]]:
    """Return the style, the scripts (the bundled library first), their hashes, and the library's licence."""
    style = _part("uplot/uPlot.min.css") + _part("page.css")
    scripts = [_part("uplot/uPlot.iife.min.js"), "\n".join(_part(f"scripts/{name}.js") for name in _SCRIPTS)]
    return {
        "style": style,
        "scripts": scripts,
        "library_license": _part("uplot/LICENSE"),
        "style_hash": source_hash(style),
        "script_hashes": [*map(source_hash, scripts)],
    }


def _breakable(name: str) -> list[str]:
    """Return the parts of a name between which a line may break: at spaces alone if its words are short."""
    if " " in name and max(map(len, name.split())) <= _LONGEST_WORD:
        return [name]
    return _PUNCTUATION.split(name)


def _short_parts(name: str) -> list[str]:
    """Return the parts of a name such as "adam, learning rate=0.01" that have one line each; none if one is long."""
    parts = re.split(r"(?<=,) ", name)
    return parts if len(parts) > 1 and max(map(len, parts)) <= _LONGEST_PART else []


def _digest(text: str) -> tuple[str, str]:
    """Return a text as the part before its digest, and the digest; "" without one."""
    found = _DIGEST.fullmatch(text)
    return (text[: found.start(1)], found[1]) if found else (text, "")


def _part(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def source_hash(text: str) -> str:
    """Return the hash of an inline style or script for the Content-Security-Policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
