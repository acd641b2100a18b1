"""Tab completion: commands, their flags, groups, options, keys and values, even inside lists."""

import os
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig, OmegaConf

from runner.cli.commands import COMMANDS, RUN_FLAGS, WORDS
from runner.config.hydra_resolvers import register_resolvers
from runner.config.options import LIST_GROUPS, WITHOUT, option_names
from runner.config.overrides import Override, override_key
from runner.core.paths import conf_directory

_SCRIPT = """\
_runner_complete() {
    local word
    COMPREPLY=()
    while IFS= read -r word; do
        COMPREPLY+=("$word")
    done < <(COMP_LINE="$COMP_LINE" COMP_POINT="$COMP_POINT" "${COMP_WORDS[0]}" -sc query=bash 2>/dev/null)
}
COMP_WORDBREAKS=${COMP_WORDBREAKS//=}
complete -o nospace -o default -F _runner_complete runner
"""
BASH = {"install=bash": _SCRIPT, "uninstall=bash": "complete -r runner\n"}


def shown_completions(shell: str) -> str:
    """Return the completions of the typed text (COMP_LINE up to COMP_POINT), one per line; nothing on an error.

    Args:
        shell: name of the shell; bash completes file names itself if nothing is returned.
    """
    line = os.environ.get("COMP_LINE", "")
    point = os.environ.get("COMP_POINT", "")
    if point.isdecimal():
        line = line[: int(point)]
    try:
        found = completions(*_typed(line))
        if not found and shell != "bash":
            found = _directories(_typed(line)[1])
    except Exception:  # any error: a prompt is no place to report it
        return ""
    return "".join(f"{text.rstrip() if shell != 'bash' else text}\n" for text in found)


def completions(words: Sequence[str], current: str) -> list[str]:
    """Return the sorted completions of the current word; a complete one ends with a space.

    Args:
        words: the words before it, without the program's name.
    """
    command = COMMANDS.get(words[0]) if words else None
    if command and current.startswith("-"):
        return _fitting(current, (f"{flag} " for flag in (*command.flags, "--help")))
    if words == ["help"]:
        return _fitting(current, (f"{name} " for name in COMMANDS))
    if command and command.takes == "directories":
        return []
    if command and command.takes == "recipes" and "=" not in current:
        rows = OmegaConf.load(conf_directory() / "verify.yaml").rows
        return _fitting(current, (f"{row} " for row in rows))
    if current.startswith("-"):
        return _fitting(current, (f"{flag} " for flag in RUN_FLAGS))
    places = [conf_directory(), *_own_directories(words)]
    key, is_value, value = current.partition("=")
    if is_value:
        return _values(key, value, words, places)
    names = [f"{name} " for name in (*COMMANDS, *WORDS)] if not words else []
    names += ["base=", "drop="] if words[:1] == ["ablate"] else []
    return _fitting(current, [*names, *_keys(current, words, places)])


def _values(key: str, value: str, words: Sequence[str], places: Sequence[Path]) -> list[str]:
    """Return `key=value` for the values that begin with the typed text; in a list or sweep, for its last item."""
    if words[:1] == ["ablate"] and key == "base":
        options: Iterable[str] = (f"experiment/{name}" for name in option_names(places, "experiment"))
    elif words[:1] == ["ablate"] and key == "drop":
        options = [
            *WITHOUT,
            *LIST_GROUPS,
            *(f"{group}.{name}" for group in LIST_GROUPS for name in option_names(places, group)),
        ]
    elif not ((group := override_key(key)) and (options := option_names(places, group))):
        options = _known_values(key, words, places)
    if key in LIST_GROUPS and not value:
        return [f"{key}=["]
    opened = value.startswith("[")
    before, comma, item = (
        value.rpartition(",") if "," in value else ("[" if opened else "", "", value.removeprefix("["))
    )
    taken = set(before.strip("[").split(","))
    fitting = [option for option in _fitting(item, options) if option not in taken]
    if opened and fitting == [item]:
        return [f"{key}={before}{comma}{item}{end}" for end in (",", "] ")]
    blank = "" if opened else " "
    return [f"{key}={before}{comma}{option}{blank}" for option in fitting]


def _known_values(key: str, words: Sequence[str], places: Sequence[Path]) -> list[str]:
    """Return true and false for a switch, and the current value for any other key."""
    value = OmegaConf.select(_configuration(words, places), override_key(key))
    if isinstance(value, bool):
        return ["false", "true"]
    return [] if value is None or OmegaConf.is_config(value) else [str(value)]


def _keys(current: str, words: Sequence[str], places: Sequence[Path]) -> list[str]:
    """Return the groups, and the keys of the typed level: `training.epochs=`, `training.`."""
    parent, dot, _ = current.rpartition(".")
    config = _configuration(words, places)
    node = OmegaConf.select(config, parent) if parent else config
    entries = node.items_ex(resolve=False) if isinstance(node, DictConfig) else ()
    known = {str(key): value for key, value in entries if not str(key).startswith("_")}
    found = [f"{parent}{dot}{key}{'.' if isinstance(value, DictConfig) else '='}" for key, value in known.items()]
    return found if parent else [*found, *(f"{group}=" for group in (*_groups(places), "launcher"))]


def _configuration(words: Sequence[str], places: Sequence[Path]) -> DictConfig:
    """Compose the groups chosen so far, or only the defaults if that fails."""
    register_resolvers([])
    GlobalHydra.instance().clear()
    searched = ",".join(f"file://{place.resolve()}" for place in places[1:])
    chosen = [f"hydra.searchpath=[{searched}]"] if searched else []
    known = _groups(places)
    groups = [word for word in words if (given := Override.parse(word)).has_value and given.key in known]
    with initialize_config_dir(str(conf_directory()), version_base="1.3"):
        try:
            return compose("config", [*chosen, *groups])
        except Exception:  # a word is incomplete or wrong
            return compose("config", chosen)


def _groups(places: Iterable[Path]) -> list[str]:
    return sorted({path.name for place in places for path in place.iterdir() if path.is_dir() and path.name != "hydra"})


def _own_directories(words: Sequence[str]) -> list[Path]:
    given = [word.partition("=")[2] for word in words if word.startswith(("--config-dir=", "-cd="))]
    given += [words[place + 1] for place, word in enumerate(words[:-1]) if word in ("--config-dir", "-cd")]
    return [path for path in map(Path, given) if path.is_dir()]


def _directories(current: str) -> list[str]:
    parent, slash, name = current.rpartition("/")
    return sorted(f"{parent}{slash}{path.name}/" for path in Path(parent or ".").glob(f"{name}*") if path.is_dir())


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
