"""One-line messages for Hydra's composition errors, with key, value, allowed values and the nearest valid name."""

import re
import shlex
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, MissingConfigException, OverrideParseException

from runner.config.options import LIST_GROUPS, group_names, option_files, option_names
from runner.config.outline import outline
from runner.config.overrides import Override, override_key
from runner.core.paths import conf_directory
from runner.core.read_yaml import read_yaml
from runner.core.text import did_you_mean, printable

_OPTION = r"((?:hydra/)?[^'/]+)/([^']+)"  # a group and the requested option
_CONDITION = re.compile(r"[\w./]+=[\w./]+")  # inside a list or a mapping: when: optimizer=momentum
_SHOWN_OPTIONS = 3
_HELP = "runner --help lists groups and options, runner --cfg job all keys"


def composition_message(error: Exception, arguments: Sequence[str]) -> str:
    """Return the message for an error that Hydra or OmegaConf raised while composing.

    Args:
        arguments: the command line.
    """
    text = str(error).strip()
    if isinstance(error, MissingConfigException) and error.options is not None:
        missing = str(error.missing_cfg_file)
        found = re.fullmatch(_OPTION, missing)
        group, option = found.groups() if found else missing.rpartition("/")[::2]
        return f"{group}={option}: no such option{did_you_mean(option, error.options)}; {_HELP}"
    if found := re.search(f"Could not load '{_OPTION}'", text):
        names = option_names([conf_directory()], found[1])
        return f"{found[1]}={found[2]}: no such option{did_you_mean(found[2], names)}; {_HELP}"
    if found := re.match(r"Could not (?:override|append to config|delete from config)[^']*'([^']+)'", text):
        inner = str(getattr(error.__cause__, "full_key", ""))  # the nested key, for a value that is a mapping
        return _no_such_key(inner if inner.startswith(f"{found[1]}.") else found[1], arguments)
    if found := re.match(r"Ambiguous value for argument '([^']+)'", text):
        return f"{found[1]}: several values make a sweep, which needs -m; write a list as KEY=[A,B], in quotes"
    if found := re.match(r"Sweep parameters '(.+)' requires --multirun", text):
        needs = "search=optuna" if "interval(" in found[1] else "-m"
        return f"{found[1]}: several values make a sweep, which needs {needs}"
    if found := re.match(r"Multiple values for ([^. ]+)\.", text):
        return f"{_given(found[1], arguments)}: {found[1]} already exists; write it without +"
    if isinstance(error, OverrideParseException):
        given = printable(error.override or "")
        if form := _quoted_form(error.override or ""):
            return f"{given}: the value needs quotes that the shell does not remove: {form}"
        return f"{given}: not an override; write GROUP=OPTION or KEY=VALUE, quoted where the shell needs it"
    if given := _group_without_name(arguments):
        form = _quoted_form(given)
        quoted = f" (for an option of that name: {form})" if form else ""
        return f"{given}: a group takes the name of an option, or a list of names{quoted}; {_HELP}"
    return " ".join(line.strip() for line in text.splitlines() if line.strip())


def _quoted_form(override: str) -> str:
    """Return an override with its value quoted for a shell, or "" if that is not an override either.

    Hydra's grammar accepts ASCII letters, digits and some punctuation characters unquoted, but not = # ( or other
    letters.
    """
    prefix, key, value, has_value = Override.parse(override)
    if not key or not has_value or value.endswith("\\"):
        return ""
    parts = [_CONDITION.sub(r'"\g<0>"', value)] if value.startswith(("{", "[")) else []
    for quoted in (*parts, *(f"{quote}{value}{quote}" for quote in "\"'" if quote not in value)):
        with suppress(HydraException):
            OverridesParser.create().parse_override(form := f"{prefix}{key}={quoted}")
            return printable(shlex.quote(form))
    return ""


def _group_without_name(arguments: Sequence[str]) -> str:
    """Return the first override that sets a group to something other than a name, or ""."""
    for argument in arguments:
        override = Override.parse(argument)
        if (conf_directory() / override.key.partition("@")[0]).is_dir() and override.value:
            given = OverridesParser.create().parse_override(argument).value()
            if not all(isinstance(name, str) for name in (given if isinstance(given, list) else [given])):
                return argument
    return ""


def _no_such_key(key: str, arguments: Sequence[str]) -> str:
    given = _given(key, arguments)
    section: Any = outline(arguments, [conf_directory()])  # composing again would double the waiting time
    steps = key.partition("@")[0].split(".")
    groups = group_names([conf_directory()])
    for depth, name in enumerate(steps):
        parent = ".".join(steps[:depth])
        if not isinstance(section, dict):
            return f"{given}: {parent} is a single value without keys; {_HELP}"
        if name not in section:
            if depth == 0 and len(steps) > 1 and name in groups:  # study or search, from any directory
                if not any(argument.startswith(f"{name}=") for argument in arguments):
                    return f"{given}: no {name} is chosen; add one: {name}=NAME"
                return f"{given}: the chosen {name} has no {'.'.join(steps[1:])}; to add it, use +{given}"
            if depth == 1 and parent in LIST_GROUPS and (conf_directory() / parent / f"{name}.yaml").exists():
                chosen = ",".join([*map(str, section), name])
                return f"{given}: {name} is not chosen; choose it too: '{parent}=[{chosen}]'"
            if depth == 1 and parent != "study" and (others := _options_with(parent, name)):
                return f"{given}: the chosen {parent} has no {name}; {parent}={' or '.join(others)} has it"
            what = "no such key" if depth == len(steps) - 1 else f"there is no {'.'.join(steps[: depth + 1])}"
            hint = f"to add a key that the study lacks, use +{given}" if steps[0] == "study" and depth else _HELP
            return f"{given}: {what}{did_you_mean(name, {*map(str, section), *(() if parent else groups)})}; {hint}"
        section = section[name]
    return f"{given}: {key} already exists; write it without +"


def _given(key: str, arguments: Sequence[str]) -> str:
    return next((argument for argument in arguments if override_key(argument) == key), key)


def _options_with(group: str, key: str) -> list[str]:
    """Return up to three options of a group whose files contain a key."""
    found = []
    for file in option_files([conf_directory()], group):
        option = read_yaml(file)
        if isinstance(option, dict) and key in option and not key.startswith("_"):
            found.append(file.stem)
    return found[:_SHOWN_OPTIONS]
