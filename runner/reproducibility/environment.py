"""Environment of a bundle: lock files, installed distributions, the code's commit and changes, trusted packages."""

import hashlib
import importlib.util
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from runner.config.trust import TRUST, package_of
from runner.core.errors import UserError
from runner.core.paths import conf_directory
from runner.core.read import MEGABYTE, read_bytes, walk
from runner.core.text import counted
from runner.records.provenance import code_state, git_output

_PACKAGE = Path(__file__).resolve().parent.parent
_LOCKS = ("requirements.lock", "requirements-build.lock")
_OWN_FILES = ("runner/*.py", "conf/*.yaml")  # Git pathspecs, which also match in subfolders
_DIFF = (
    "-c",
    "diff.suppressBlankEmpty=false",
    "diff",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-renames",
    "--no-relative",
    "--full-index",
    "--diff-algorithm=myers",
    "--indent-heuristic",
    "--unified=3",
    "--inter-hunk-context=0",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "HEAD",
)  # fmt: skip - override the user's settings of Git
_LARGEST = MEGABYTE  # size of a source file
_LARGEST_LOCK = 16 * MEGABYTE
_MOST_SOURCES = 2_000  # number of source files of a trusted package


def checkout() -> Path | None:
    """Return the checkout that this package runs from; None for an installed package."""
    return None if conf_directory().is_relative_to(_PACKAGE) else _PACKAGE.parent


def lock_files() -> dict[str, bytes]:
    """Return the contents of the checkout's lock files by name; none without a checkout."""
    root = checkout()
    paths = [root / name for name in _LOCKS] if root else []
    return {path.name: read_bytes(path, _LARGEST_LOCK) for path in paths if path.is_file()}


def installed() -> list[str]:
    """Return a sorted line for each installed distribution: name, version and the SHA-256 of its RECORD.

    Distributions in the current directory do not count, because a bundle must not depend on it.
    """
    places = [place for place in sys.path if place and Path(place).resolve() != Path.cwd()]
    found: dict[str, str] = {}
    for one in distributions(path=places):
        if one.name:  # a broken distribution has no name
            found.setdefault(re.sub(r"[-_.]+", "-", one.name).lower(), _line(one))
    return [f"{name}=={line}" for name, line in sorted(found.items())]


def _line(one: Distribution) -> str:
    record = one.read_text("RECORD")
    listed = "no RECORD" if record is None else f"sha256:{hashlib.sha256(record.encode()).hexdigest()}"
    return f"{one.version} {listed}"


@dataclass(frozen=True)
class Code:
    """The program's code as runs recorded it, and the changes that the checkout still has."""

    commits: list[str]  # commits of the runs; several if the code changed between them
    was_dirty: bool  # whether a run was trained with uncommitted changes
    changes: Mapping[str, bytes] = field(default_factory=dict)  # the diff and untracked files, by name in the bundle

    @classmethod
    def of(cls, recorded: Iterable[Mapping[str, Any]]) -> "Code":
        """Return the code that the runs used, as recorded in the `code` of their records.

        Changes belong to the runs only if the checkout still has their commit, and a run was trained with changes.
        """
        states = list(recorded)
        commits = sorted({str(state["commit"]) for state in states if state.get("commit")})
        was_dirty = any(state.get("dirty") for state in states)
        root = checkout()
        if root and was_dirty and commits == [code_state().get("commit")]:
            return cls(commits, was_dirty, dict(_changes(root)))
        return cls(commits, was_dirty)


def _changes(root: Path) -> Iterator[tuple[str, bytes]]:
    try:
        difference = git_output(root, *_DIFF, "--", *_OWN_FILES)
        others = git_output(root, "ls-files", "--others", "--exclude-standard", "-z", "--", *_OWN_FILES)
    except (OSError, subprocess.SubprocessError) as error:
        raise UserError(f"{root}: the changes to its code cannot be listed ({error})") from error
    if difference:
        yield "changes.diff", difference
    for name in filter(None, others.decode().split("\0")):
        yield f"untracked/{name}", _source(root / name)


def package_sources(name: str) -> dict[str, bytes]:
    """Return the Python files of a trusted package by name; none if it is installed, because `installed` then lists it.

    The package is located, but not imported.

    Raises:
        UserError: if there is no such package, or it has too many files or one that cannot be read.
    """
    package = package_of(name)
    spec = _spec(package)
    if spec is None:
        raise UserError(f"{TRUST}=[{name}]: no such package here; change to its directory (cd)")
    folders = [Path(place) for place in spec.submodule_search_locations or ()]
    modules = [] if folders or not spec.origin else [Path(spec.origin)]
    places = [place for place in (*folders, *modules) if not _is_installed(place)]
    found: dict[str, bytes] = {}
    for home, path in ((place, path) for place in places for path in _sources(place)):
        if len(found) == _MOST_SOURCES:
            raise UserError(f"{TRUST}=[{name}]: more than {counted(_MOST_SOURCES, 'Python file')}")
        inside = path.name if path == home else f"{package}/{path.relative_to(home).as_posix()}"
        found[inside] = _source(path)
    return found


def _spec(package: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return None


def _is_installed(place: Path) -> bool:
    paths = sysconfig.get_paths()
    homes = [Path(paths[kind]).resolve() for kind in ("stdlib", "platstdlib", "purelib", "platlib")]
    return any(place.resolve().is_relative_to(home) for home in homes)


def _sources(place: Path) -> Iterator[Path]:
    """Yield the Python files in and below a folder, or the single module; links and hidden folders are skipped."""
    if place.suffix == ".py" and place.is_file():
        yield place
        return
    for folder, below, files in walk(place):
        below[:] = sorted(name for name in below if not name.startswith((".", "__pycache__")))
        yield from (folder / name for name in sorted(files) if _is_source(folder / name))


def _is_source(path: Path) -> bool:
    return path.suffix == ".py" and not path.name.startswith(".") and not path.is_symlink()


def _source(path: Path) -> bytes:
    try:
        return read_bytes(path, _LARGEST)
    except (FileNotFoundError, ValueError) as error:
        raise UserError(f"{path}: cannot be read ({error})") from error
