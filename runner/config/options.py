"""Tables of groups and options for `runner --help` and docs/options.md, read from the comments in `conf/`."""

import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from runner.core.paths import conf_directory

_DEFAULT = re.compile(r"^\s+- (?:override hydra/)?(?P<group>[a-z_]+): *(?P<options>\S.*?) +# (?P<purpose>.+)$")
# Parentheses at the end are the source if they contain a year or a name.
_SOURCE = re.compile(r"\s+\((?P<source>[^()]*(?:\b(?:1[89]|20)\d\d\b|\b[A-Z]\w*[a-z])[^()]*)\)$")
_FOLDERS = {"launcher": "hydra/launcher"}  # folders of Hydra's own groups
_FOR_PROGRAMS = ("@package", "yaml-language-server:")  # comments that Hydra or an editor reads
_WIDEST, _NARROWEST = 118, 50  # characters in a line of the table
_COMMAND = "python -m runner.config.options > docs/options.md"


@dataclass(frozen=True)
class Group:
    """An entry of the defaults list: an option, a list of options, or null for an optional group."""

    purpose: str
    default: str | list[str] | None

    @property
    def defaults(self) -> list[str]:
        """The options that are chosen by default."""
        return [self.default] if isinstance(self.default, str) else self.default or []


def groups_in(directory: Path) -> dict[str, Group]:
    """Return the groups in `config.yaml`, in the order of its defaults list."""
    found = map(_DEFAULT.match, (directory / "config.yaml").read_text(encoding="utf-8").splitlines())
    return {entry["group"]: Group(entry["purpose"], yaml.safe_load(entry["options"])) for entry in found if entry}


_GROUPS = groups_in(conf_directory())
LIST_GROUPS = tuple(name for name, group in _GROUPS.items() if isinstance(group.default, list))  # with several options
ONE_OPTION_GROUPS = tuple(
    name for name, group in _GROUPS.items() if isinstance(group.default, str) and name not in _FOLDERS
)
# The option of each group that adds nothing to a run.
WITHOUT = {"averaging": "none", "clipping": "none", "normalization": "none", "schedule": "constant"}


def listed_options(config: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the chosen options of each list group.

    An older configuration may lack a group, or contain one nameless part.

    Args:
        config: resolved, as plain dictionaries and lists.
    """
    return {group: list(own) for group in LIST_GROUPS if "_target_" not in (own := config.get(group) or {})}


def options_table(directories: list[Path]) -> str:
    """Return a paragraph for each group: its purpose, then a line for each option, as wide as the terminal.

    Args:
        directories: `conf/` first (its `config.yaml` names the groups), then the user's, which add options.
    """
    screen = shutil.get_terminal_size((_WIDEST + 2, 0)).columns
    width = max(_NARROWEST, min(_WIDEST, screen - 2))
    lines: list[str] = []
    for name, group in groups_in(directories[0]).items():
        lines += _wrapped(f"{name}: {group.purpose}", width, indent=4)
        for option, meaning in _options(directories, name).items():
            mark = "*" if option in group.defaults else " "
            lines += _wrapped(f"  {mark} {option:<20} {meaning}", width, indent=25)
        lines.append("")
    return "\n".join(lines)


def _wrapped(text: str, width: int, *, indent: int) -> list[str]:
    """Wrap text between words."""
    return textwrap.wrap(text, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)


def options_markdown(directories: list[Path]) -> str:
    """Return a Markdown page of all options: group, option, meaning and source.

    Args:
        directories: as for `options_table`.
    """
    lines = [
        "# Options",
        "",
        "`runner GROUP=OPTION` chooses an option; the defaults are in bold. Some groups accept a list of options,",
        "such as `runner 'regularizer=[l2,dropout]'`; `runner --help` shows which. Each option is a file",
        "`conf/GROUP/OPTION.yaml`.",
        f"`{_COMMAND}` generates this page from the first lines of these files.",
        "",
        "| group | option | meaning | source |",
        "| --- | --- | --- | --- |",
    ]
    for name, group in groups_in(directories[0]).items():
        for option, comment in _options(directories, name).items():
            meaning, source = split_source(comment)
            shown = f"**{option}**" if option in group.defaults else option
            lines.append(f"| {name} | {shown} | {_escaped(meaning)} | {_escaped(source)} |")
    return "\n".join(lines) + "\n"


def split_source(comment: str) -> tuple[str, str]:
    """Split an option's comment into its text and the source in parentheses at its end, which may be empty."""
    found = _SOURCE.search(comment)
    return (comment[: found.start()], found["source"]) if found else (comment, "")


def _options(directories: list[Path], group: str) -> dict[str, str]:
    """Return the first comment of each option of a group, sorted by name."""
    return {file.stem: _first_comment(file) for file in option_files(directories, group)}


def group_names(directories: Iterable[Path]) -> list[str]:
    """Return the names of the folders that contain options, sorted, without Hydra's own."""
    return sorted({file.parent.name for directory in directories for file in directory.glob("*/[!_]*.yaml")})


def option_names(directories: Iterable[Path], group: str) -> list[str]:
    """Return the names of a group's options, sorted."""
    return list(dict.fromkeys(file.stem for file in option_files(directories, group)))


def option_files(directories: Iterable[Path], group: str) -> list[Path]:
    """Return the files of a group's options, sorted by name, without `_name.yaml`, which other options include."""
    folder = _FOLDERS.get(group, group)
    found = (file for directory in directories for file in (directory / folder).glob("[!_]*.yaml"))
    return sorted((file for file in found if file.is_file()), key=lambda file: file.stem)


def option_file(directories: Iterable[Path], group: str, name: str) -> Path | None:
    """Return the file of an option, or None if there is none."""
    files = (directory / _FOLDERS.get(group, group) / f"{name}.yaml" for directory in directories)
    return next((file for file in files if file.is_file()), None)


def _first_comment(file: Path) -> str:
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    comments = (line.removeprefix("# ").strip() for line in lines if line.startswith("# "))
    return next((comment for comment in comments if not comment.startswith(_FOR_PROGRAMS)), "")


def _escaped(text: str) -> str:
    """Escape text for a cell of a Markdown table."""
    return re.sub(r"[|*`~\\]|<(?=[A-Za-z/!?])", r"\\\g<0>", text)


if __name__ == "__main__":
    sys.stdout.write(options_markdown([conf_directory()]))
