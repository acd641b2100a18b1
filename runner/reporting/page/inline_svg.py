"""Figures as data URLs within the page: SVG without invisible parts, about half the size of the file."""

import re
from urllib.parse import quote

_UNSEEN = re.compile(r"<!--.*?-->|<metadata>.*?</metadata>|<\?xml.*?\?>|<!DOCTYPE.*?>", re.DOTALL)
_PLACES = re.compile(r"([1-9]\d*\.\d\d)\d+")  # excludes numbers below 1, which may be scales
_ID = re.compile(r' id="([^"]+)"')
_REFERENCE = re.compile(r"#([\w-]+)")
_COMMAND = re.compile(r" ?([MLQCz])(?: (?=[-\d])|(?=[\s\"]))")  # command of a path
_SHIFT = re.compile(r'(<use [^<>]*)transform="translate\(([-\d.]+) ([-\d.]+)\)"/>')  # position of a letter
_NOUGHT = re.compile(r' y="-?0"/>')
_PLAIN = " /:=;,.-()'!*?@$+~_<>"  # characters that need no escape in a URL in double quotes

# `quote` processes text byte by byte, which takes seconds for large figures.
_ESCAPED = {code: quote(chr(code), safe=_PLAIN) for code in range(128)}
_OTHERS = re.compile(r"[^\x00-\x7f]+")


def data_address(svg: bytes) -> str:
    """Return an SVG file written by Matplotlib as a data URL, for an attribute in double quotes.

    Coordinates are rounded to two decimals, that is, hundredths of a point.
    """
    text = _PLACES.sub(r"\1", _UNSEEN.sub("", svg.decode()))
    text = re.sub(r"\s+", " ", text).replace("> <", "><").strip()
    text = _short_names(_COMMAND.sub(r"\1", text).replace("xlink:href", "href").replace("; ", ";").replace(": ", ":"))
    text = _NOUGHT.sub("/>", _SHIFT.sub(r'\1x="\2" y="\3"/>', text))
    if "'" not in text:
        text = text.replace('"', "'")
    escaped = _OTHERS.sub(lambda found: quote(found[0]), text.translate(_ESCAPED))
    return f"data:image/svg+xml,{escaped}"


def _short_names(text: str) -> str:
    """Replace the ids of referenced elements with numbers, and remove all other ids."""
    used = {*_REFERENCE.findall(text)}
    short = {name: f"n{number}" for number, name in enumerate(name for name in _ID.findall(text) if name in used)}
    named = _ID.sub(lambda found: f' id="{short[found[1]]}"' if found[1] in short else "", text)
    return _REFERENCE.sub(lambda found: f"#{short.get(found[1], found[1])}", named)
