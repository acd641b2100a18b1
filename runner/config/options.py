"""The table of groups and options that `runner --help` shows, read from the comments in `conf/`."""

import re
import textwrap
from pathlib import Path

import yaml

_DEFAULT = re.compile(r"^\s+- (?P<group>[a-z_]+): *(?P<options>\S.*?) +# (?P<purpose>.+)$")


def options_table(directories: list[Path]) -> str:
    """Return a paragraph for each group: what it is for, then a line for each option.

    Args:
        directories: our `conf/` first (its `config.yaml` names the groups), then the user's own, whose options join in.
    """
    lines: list[str] = []
    for line in (directories[0] / "config.yaml").read_text().splitlines():
        if entry := _DEFAULT.match(line):
            default = yaml.safe_load(entry["options"])
            chosen = default if isinstance(default, list) else [default]
            lines.append(f"{entry['group']}: {entry['purpose']}")
            for name, meaning in sorted(_options(directories, entry["group"]).items()):
                mark = "*" if name in chosen else " "
                lines += textwrap.wrap(f"  {mark} {name:<18} {meaning}", width=118, subsequent_indent=" " * 23)
            lines.append("")
    return "\n".join(lines)


def _options(directories: list[Path], group: str) -> dict[str, str]:
    files = [file for directory in directories for file in (directory / group).glob("*.yaml")]
    return {file.stem: _first_comment(file) for file in files}


def _first_comment(file: Path) -> str:
    comments = (line.removeprefix("# ").strip() for line in file.read_text().splitlines() if line.startswith("# "))
    return next((comment for comment in comments if not comment.startswith("@package")), "")
