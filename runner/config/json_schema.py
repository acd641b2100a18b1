"""JSON Schema of option files, for editors: pydantic generates it from the models that check a configuration.

A file differs from the configuration that the models check: it may omit keys that its `defaults` or conf/config.yaml
supply, and any value may be an interpolation.
"""

import ast
import copy
import inspect
import textwrap
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from runner.config.options import LIST_GROUPS, ONE_OPTION_GROUPS
from runner.config.schema import Settings
from runner.core.paths import conf_directory
from runner.core.read_yaml import read_yaml

Schema = dict[str, Any]
GROUPS = (*ONE_OPTION_GROUPS, *LIST_GROUPS)  # the groups of a run
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DEFINITIONS = {
    # ${...}, or ???: a value that the command must give. It has no description: editors would show it for every key.
    "Interpolation": {"type": "string", "pattern": r"\$\{|^\?\?\?$"},
    "Defaults": {
        "description": "Options that this file builds on, in Hydra's notation.",
        "type": "array",
        "items": {"type": ["string", "object"]},
    },
}
_SWEEP = {
    "seeds": {"description": "Seeds of every variant: a number n (0 to n - 1), or a list of them."},
    "folds": {
        "type": ["integer", "null"],
        "minimum": 2,
        "description": "Number of cross-validation folds; every seed runs on each fold.",
    },
    "dry_run": {"type": "boolean", "description": "Show the plan and train nothing."},
    "fail_fast": {"type": "boolean", "description": "Stop at the first run that fails."},
    "study": {"type": ["object", "null"], "description": "A study; see the schema of study files."},
    "search": {"type": ["object", "null"], "description": "A search; see the schema of search files."},
}
_OF_THE_COMMAND = {
    "trusted_packages": {"type": "array", "items": {"type": "string"}, "description": "See docs/trust.md."},
    "hydra": {"type": "object", "description": "Settings of Hydra."},
}


def group_schema(group: str) -> Schema:
    """Return the schema of a group's option files.

    Args:
        group: one of `GROUPS`.
    """
    annotation = Settings.model_fields[group].annotation
    models = [kind for kind in get_args(annotation) or (annotation,) if kind not in (str, type(None))]
    schema = models[0].model_json_schema(schema_generator=_Described)
    supplied = read_yaml(conf_directory() / "config.yaml").get(group) or {}
    rule: Schema = {"required": [key for key in schema.pop("required", []) if key not in supplied]}
    if get_origin(annotation) is dict:  # each option is under its own key
        definitions = schema.pop("$defs", {})
        schema = {"type": "object", "properties": {}, "additionalProperties": schema, "$defs": definitions}
        rule = {"additionalProperties": rule}
    may_be_empty = [{"maxProperties": 0}] if type(None) in get_args(annotation) else []
    return _of_file(schema, rule, may_be_empty, f"runner: option of the group {group}")


def recipe_schema(title: str = "runner: recipe (experiment)") -> Schema:
    """Return the schema of experiment files, which may set any part of a configuration."""
    schema = Settings.model_json_schema(schema_generator=_Described)
    for part in (schema, *schema["$defs"].values()):
        part.pop("required", None)
    schema["properties"] |= _SWEEP
    return _of_file(schema, {}, [], title)


def primary_schema() -> Schema:
    """Return the schema of conf/config.yaml."""
    schema = recipe_schema("runner: conf/config.yaml")
    schema["properties"] |= _OF_THE_COMMAND
    return schema


def model_schema(model: type[BaseModel], title: str, rule: Schema) -> Schema:
    """Return the schema of files whose content is a model, such as studies.

    Args:
        rule: JSON Schema of the required keys, unless a file builds on others.
    """
    return _of_file(model.model_json_schema(schema_generator=_Described), rule, [], title)


class _Described(GenerateJsonSchema):
    """Generator that describes each property by the docstring of its field.

    Pydantic's `use_attribute_docstrings` would read the source at the start of every command.
    """

    def model_schema(self, schema: Any) -> JsonSchemaValue:
        """Return the schema of a model."""
        outer = fields = copy.deepcopy(schema["schema"])
        while "fields" not in fields:  # validators of the whole model enclose them
            fields = fields["schema"]
        for name, text in _docstrings(schema["cls"]).items():
            metadata = fields["fields"][name].setdefault("metadata", {})
            metadata["pydantic_js_updates"] = {"description": text} | metadata.get("pydantic_js_updates", {})
        return super().model_schema(schema | {"schema": outer})


def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Return the docstrings below the fields of a model and of its bases, by field."""
    found: dict[str, str] = {}
    for base in [one for one in reversed(model.__mro__) if issubclass(one, BaseModel) and one is not BaseModel]:
        body = ast.parse(textwrap.dedent(inspect.getsource(base))).body[0]
        assert isinstance(body, ast.ClassDef)
        for field, text in pairwise(body.body):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                match text:
                    case ast.Expr(value=ast.Constant(value=str(words))) if field.target.id in model.model_fields:
                        found[field.target.id] = inspect.cleandoc(words)
    return found


def _of_file(schema: Schema, rule: Schema, exempt: list[Schema], title: str) -> Schema:
    """Convert a model's schema to the schema of a file.

    Args:
        rule: requirement for files without `defaults`.
        exempt: schemas of other files for which the rule does not hold.
    """
    opened = _opened(schema)
    definitions = _DEFINITIONS | opened.pop("$defs", {})
    opened["properties"] = {"defaults": {"$ref": "#/$defs/Defaults"}} | opened["properties"]
    if rule:
        ruled = {"if": {"anyOf": [{"required": ["defaults"]}, *exempt]}, "else": rule}
        opened["allOf"] = [*opened.get("allOf", []), ruled]
    return {"$schema": _DIALECT, "title": title} | opened | {"$defs": definitions}


def _opened(schema: Schema) -> Schema:
    """Return a schema that accepts an interpolation for each value, without redundant titles and defaults."""
    found = {key: value for key, value in schema.items() if key != "title"}
    for keyword in ("properties", "$defs"):
        if keyword in schema:
            found[keyword] = {name: _value(keyword, own) for name, own in schema[keyword].items()}
    for keyword in ("additionalProperties", "items", "then"):
        if isinstance(schema.get(keyword), Mapping):
            found[keyword] = _value(keyword, schema[keyword])
    for keyword in ("anyOf", "allOf", "prefixItems"):
        if keyword in schema:
            found[keyword] = [_value(keyword, own) for own in schema[keyword]]
    if schema.get("additionalProperties") is True:  # a library's class has its own defaults
        for own in found["properties"].values():
            own.pop("default", None)
    return found


def _value(keyword: str, schema: Schema) -> Schema:
    """Return the schema below a keyword; if it describes a value, it also accepts an interpolation."""
    opened = _opened(schema)
    if keyword in ("$defs", "anyOf", "allOf", "then") or not opened or _is_text(opened):
        return opened
    if opened.get("default", 0) is None:
        del opened["default"]
    notes = {key: opened.pop(key) for key in ("description", "default") if key in opened}
    alternatives = opened.pop("anyOf") if opened.keys() == {"anyOf"} else [opened]
    if any(map(_is_text, alternatives)):
        return {"anyOf": alternatives} | notes
    return {"anyOf": [*alternatives, {"$ref": "#/$defs/Interpolation"}]} | notes


def _is_text(schema: Schema) -> bool:
    """Return whether a schema accepts any text."""
    return schema.get("type") == "string" and not {"enum", "const", "pattern"} & schema.keys()
