"""Schema of a single key, looked up in conf/schema, for tab completion."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from runner.core.paths import conf_directory

Schema = dict[str, Any]


def allowed_values(key: str) -> list[str]:
    """Return the strings and booleans that a key allows, as written in an override; [] if any string is allowed."""
    return [value for form in _forms(key) for value in _values(form)]


def allowed_items(key: str) -> list[str]:
    """Return the values that a list may contain; [] if the key is not a list, or its items are not known."""
    lists = [form["items"] for form in _forms(key) if form.get("type") == "array" and "items" in form]
    return [value for items in lists for form in _resolved(items, {}) for value in _values(form)]


def allowed_keys(section: str) -> list[str]:
    """Return the keys of a section with a fixed set of keys; [] for any other section."""
    closed = [form for form in _forms(section) if form.get("additionalProperties") is False]
    return [key for form in closed for key in form["properties"] if key != "defaults"]


def schema_names() -> list[str]:
    """Return the kinds of files that have a schema, sorted."""
    return sorted(file.stem for file in (conf_directory() / "schema").glob("*.json"))


def _values(form: Schema) -> Iterator[str]:
    if form.get("type") == "boolean":
        yield from ("false", "true")
    yield from map(str, form.get("enum", [form["const"]] if "const" in form else []))


def _forms(key: str) -> list[Schema]:
    """Return the alternatives of a key's schema; [] if nothing is known about it."""
    section, *steps = key.split(".")
    if section not in schema_names():
        section, steps = "config", [section, *steps]
    whole = json.loads((conf_directory() / "schema" / f"{section}.json").read_text(encoding="utf-8"))
    forms: Sequence[Schema] = [whole]
    for step in steps:
        below = (form.get("properties", {}).get(step, form.get("additionalProperties")) for form in forms)
        forms = [form for one in below if isinstance(one, dict) for form in _resolved(one, whole["$defs"])]
    return list(forms)


def _resolved(schema: Schema, definitions: Schema) -> Iterator[Schema]:
    """Yield the alternatives of a schema, without references."""
    if "anyOf" in schema:
        for one in schema["anyOf"]:
            yield from _resolved(one, definitions)
    elif "$ref" in schema:
        yield from _resolved(definitions.get(schema["$ref"].rpartition("/")[2], {}), definitions)
    else:
        yield schema
