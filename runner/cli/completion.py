"""Tab completion: commands, their flags, groups, options, keys, values, and directories of runs and sweeps.

It runs whenever Tab is pressed, so it imports neither Hydra nor OmegaConf.
"""

import glob
import os
import re
import shlex
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from runner.cli.commands.shells import REMOVALS, SCRIPTS
from runner.cli.dispatch import COMMANDS, RUN_FLAGS, WORDS
from runner.config.key_schema import allowed_items, allowed_keys, allowed_values, schema_names
from runner.config.options import LIST_GROUPS, WITHOUT, group_names, groups_in, option_names
from runner.config.outline import outline
from runner.config.overrides import Override
from runner.core.errors import UserError
from runner.core.paths import conf_directory, user_path
from runner.core.read_yaml import read_yaml

_CONFIG_DIR = ("--config-dir", "-cd")
_WORDS_BEHIND = {"--cfg": ("all", "hydra", "job"), "-c": ("all", "hydra", "job")} | dict.fromkeys(
    (*_CONFIG_DIR, "--out", "-o"), ()
)  # values of flags; all other values are paths, which the shell completes
_RESULTS = ("record.json", "plan.json")  # files that mark a run and a sweep
_MOST = 100  # number of subdirectories that are searched for results
_KEY = re.compile(r"[A-Za-z][\w-]*")
_OPEN_LIST = re.compile(r"=\[.*[^],\s]$")
_UNQUOTED = re.compile(r"[\w./,=+@%:~-]+")  # names that need no quotes in any shell


def shell_completion(wanted: str) -> str:
    """Return the result of Hydra's flag -sc: a script (install=SHELL, uninstall=SHELL) or completions (query=SHELL).

    Raises:
        UserError: if the flag asks for something else.
    """
    asked, _, shell = wanted.partition("=")
    if asked not in ("install", "uninstall", "query") or shell not in SCRIPTS:
        raise UserError(f"-sc {wanted}: must be install=SHELL, with SHELL one of {', '.join(SCRIPTS)}")
    if asked == "query":
        return shown_completions(shell)
    return SCRIPTS[shell] if asked == "install" else REMOVALS[shell]


def shown_completions(shell: str) -> str:
    """Return the completions of the typed text (COMP_LINE up to COMP_POINT), one per line; nothing on an error.

    Args:
        shell: one of `SCRIPTS`; every shell completes file names itself if nothing is returned.
    """
    line = os.environ.get("COMP_LINE", "")
    point = os.environ.get("COMP_POINT", "")
    if point.isdecimal():
        line = line[: int(point)]
    try:
        words, current = _typed(line)
        found = (_for_fish if shell == "fish" else completions)(words, current)
    except Exception:  # any error: a prompt cannot show it
        return ""
    return "".join(f"{text}\n" for text in found)


def _for_fish(words: Sequence[str], current: str) -> list[str]:
    """Return completions for fish, which adds a space itself unless one ends in punctuation such as a comma."""
    found = completions(words, current)
    if found == [f"{current}["]:
        found = completions(words, found[0])
    both = ([f"{text},", f"{text}]"] if _OPEN_LIST.search(text) else [text.rstrip()] for text in found)
    return [*chain.from_iterable(both)]


def completions(words: Sequence[str], current: str) -> list[str]:
    """Return the sorted completions of the current word; a complete one ends with a space.

    Args:
        words: the words before it, without the program's name.
    """
    command = COMMANDS.get(words[0]) if words else None
    if words and words[-1] in _WORDS_BEHIND:
        return _fitting(current, (f"{value} " for value in _WORDS_BEHIND[words[-1]]))
    if command and current.startswith("-"):
        return _fitting(current, (f"{flag} " for flag in (*command.flags, "--help")))
    if words == ["help"]:
        return _fitting(current, (f"{name} " for name in COMMANDS))
    if command and command.targets and len(words) == 1:
        return _fitting(current, (f"{name} " for name in command.targets))
    if command and command.takes == "directories":
        return _result_directories(current)
    if command and command.takes != "overrides" and "=" not in current:
        return _fitting(current, (f"{name} " for name in _named(command.takes)))
    if current.startswith("-"):
        return _fitting(current, (f"{flag} " for flag in RUN_FLAGS))
    places = [conf_directory(), *_own_directories(words)]
    key, is_value, value = current.partition("=")
    if is_value:
        return _values(key, value, words, places)
    names = [f"{name} " for name in (*COMMANDS, *WORDS)] if not words else []
    names += ["base=", "drop="] if words[:1] == ["ablate"] else []
    return _fitting(current, [*names, *_keys(current, words, places)])


def _named(what: str) -> Iterable[str]:
    """Return the values of a command's first argument."""
    if what == "recipes":
        rows: dict[str, Any] = read_yaml(conf_directory() / "verify.yaml")["rows"]
        return rows
    return SCRIPTS if what == "shells" else schema_names()


def _values(key: str, value: str, words: Sequence[str], places: Sequence[Path]) -> list[str]:
    """Return `key=value` for the values that begin with the typed text; in a list or sweep, for its last item."""
    name = Override.parse(key).key.removeprefix("hydra/")
    if name == "model.init_from":
        return [f"{key}={directory}" for directory in _result_directories(value)]
    items = option_names(places, name) if name in LIST_GROUPS else allowed_items(name)
    if items and not value:
        return [f"{key}=["]
    opened = value.startswith("[")
    options = items or _options(name, words, places)
    before, comma, item = (
        value.rpartition(",") if "," in value else ("[" if opened else "", "", value.removeprefix("["))
    )
    taken = set(before.strip("[").split(","))
    fitting = [option for option in _fitting(item, options) if option not in taken and _UNQUOTED.fullmatch(option)]
    if opened and len(fitting) == 1:
        return [f"{key}={before}{comma}{fitting[0]}{end}" for end in (",", "] ")]
    blank = "" if opened else " "
    return [f"{key}={before}{comma}{option}{blank}" for option in fitting]


def _options(name: str, words: Sequence[str], places: Sequence[Path]) -> Iterable[str]:
    """Return the options of a group, or the known values of a key: the allowed values and the current one."""
    if words[:1] == ["ablate"] and name == "base":
        return [f"experiment/{option}" for option in option_names(places, "experiment")]
    if words[:1] == ["ablate"] and name == "drop":
        own = (f"{group}.{option}" for group in LIST_GROUPS for option in option_names(places, group))
        return [*WITHOUT, *LIST_GROUPS, *own]
    if options := option_names(places, name):
        return options
    value = _node(outline(words, places), name)
    if isinstance(value, bool):
        return ["false", "true"]
    is_single = value is not None and not isinstance(value, dict | list)
    return [*allowed_values(name), *([str(value)] if is_single else [])]


def _keys(current: str, words: Sequence[str], places: Sequence[Path]) -> list[str]:
    """Return the groups, and the keys of the typed level: `training.epochs=`, `training.`.

    After ~, they have no =; after +, they are the keys and groups that can be added.
    """
    prefix, typed, *_ = Override.parse(current)
    parent, dot, _ = typed.rpartition(".")
    node = _node(outline(words, places), parent)
    entries = node if isinstance(node, dict) else {}
    values = {key: value for key, value in entries.items() if _KEY.fullmatch(key)}
    if not typed.startswith("hydra"):
        values.pop("hydra", None)
    sections = [f"{key}." for key, value in values.items() if isinstance(value, dict)]
    single = [key for key, value in values.items() if not isinstance(value, dict)]
    known = groups_in(places[0])
    if prefix in ("+", "++"):
        single = [*(single if prefix == "++" else []), *(key for key in allowed_keys(parent) if key not in values)]
        groups = [group for group in group_names(places[1:]) if group not in known and _KEY.fullmatch(group)]
    else:
        groups = [*known]
    end = " " if prefix == "~" else "="
    return [f"{prefix}{parent}{dot}{key}" for key in sections] + [
        f"{prefix}{parent}{dot}{key}{end}" for key in [*single, *([] if parent else groups)]
    ]


def _node(tree: Any, key: str) -> Any:
    """Return the value at a dotted key, or None."""
    for step in filter(None, key.split(".")):
        tree = tree.get(step) if isinstance(tree, dict) else None
    return tree


def _own_directories(words: Sequence[str]) -> list[Path]:
    """Return the user's directories of options."""
    given = [word.partition("=")[2] for word in words if word.startswith(tuple(f"{flag}=" for flag in _CONFIG_DIR))]
    given += [words[place + 1] for place, word in enumerate(words[:-1]) if word in _CONFIG_DIR]
    for override in map(Override.parse, words):
        given += override.items if override.key == "hydra.searchpath" else []
    return [path for path in (user_path(text.removeprefix("file://")) for text in given) if path.is_dir()]


def _result_directories(typed: str) -> list[str]:
    """Return the directories that begin with the typed text, and are or contain runs or sweeps."""
    parent, slash, name = typed.rpartition("/")
    place = user_path(parent or slash or ".")
    below = (path for path in place.glob(f"{glob.escape(name)}*/") if _UNQUOTED.fullmatch(path.name))
    found = sorted(path for path in below if name or not path.name.startswith("."))
    found = [path for path in found if _contains_results(path)]
    if len(found) == 1 and not _is_result(found[0]):  # there is no choice yet
        return _result_directories(f"{parent}{slash}{found[0].name}/")
    return [f"{parent}{slash}{path.name}/" for path in found]


def _contains_results(directory: Path) -> bool:
    return any(map(_is_result, islice(chain([directory], directory.glob("*/"), directory.glob("*/*/")), _MOST)))


def _is_result(directory: Path) -> bool:
    return any(os.access(directory / name, os.F_OK) for name in _RESULTS)


def _fitting(current: str, names: Iterable[str]) -> list[str]:
    return sorted({name for name in names if name.startswith(current)})


def _typed(line: str) -> tuple[list[str], str]:
    """Return the words before the cursor's word, and that word; open quotes are closed first."""
    for closing in ("", "'", '"'):
        try:
            words = shlex.split(line + closing)
        except ValueError:
            continue
        is_new = not closing and line[-1:].isspace()
        return (words[1:], "") if is_new else (words[1:-1], words[-1])
    return [], ""
