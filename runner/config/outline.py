"""Outline of a configuration: keys and values of its option files, merged without the slow import of Hydra.

Tab completion needs no more. Interpolations stay unresolved, and a file that cannot be read contributes nothing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.config.options import groups_in, option_file
from runner.config.overrides import Override
from runner.core.errors import ConfigError
from runner.core.read_yaml import read_yaml

Tree = dict[str, Any]
_PACKAGE = re.compile(r"^# @package (\S+)", re.MULTILINE)
_PACKAGES = {"launcher": "hydra.launcher"}  # packages of Hydra's own groups


@dataclass(frozen=True)
class _Layer:
    """Content of an option file, below its package."""

    package: str
    content: Tree
    defaults: Sequence[Any]

    @property
    def chosen(self) -> Iterator[tuple[str, list[str]]]:
        """The options of other groups that it chooses: `override /GROUP: OPTION`."""
        for entry in self.defaults:
            for key, value in entry.items() if isinstance(entry, Mapping) else ():
                group = str(key).removeprefix("override ").partition("@")[0].lstrip("/")
                yield group, [str(name) for name in (value if isinstance(value, list) else [value])]


def outline(overrides: Iterable[str], directories: Sequence[Path]) -> Tree:
    """Return the keys of a configuration and their values, those of Hydra below `hydra`.

    If a sweep chooses several options of a group (a,b), all of them contribute.

    Args:
        overrides: only those that choose existing options count.
        directories: `conf/` first, then the user's.
    """
    chosen = {name: group.defaults for name, group in groups_in(directories[0]).items()}
    settled = set()
    for group, names in _given(overrides):
        if group in chosen and all(option_file(directories, group, name) for name in names):
            chosen[group] = names
            settled.add(group)
    layers: list[_Layer] = []
    for group in reversed(list(chosen)):  # an option may choose options of earlier groups
        found = [layer for name in chosen[group] for layer in _layers(directories, group, name)]
        for other, names in (pair for layer in found for pair in layer.chosen):
            if other in chosen and other not in settled:
                chosen[other] = names
                settled.add(other)
        layers = found + layers
    tree = _read(directories[0] / "config.yaml", "").content
    for layer in layers:
        _merge(tree, layer)
    return tree


def _given(overrides: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    for override in map(Override.parse, overrides):
        if override.has_value:
            yield override.key.removeprefix("hydra/"), override.items


def _layers(directories: Sequence[Path], group: str, name: str, below: tuple[Path, ...] = ()) -> Iterator[_Layer]:
    """Yield an option, preceded by the options of its group that it builds on."""
    file = option_file(directories, group, name)
    if not file or file in below:
        return
    layer = _read(file, _PACKAGES.get(group, group))
    for entry in layer.defaults:
        if isinstance(entry, str):
            yield from _layers(directories, group, entry, (*below, file))
    yield layer


def _read(file: Path, package: str) -> _Layer:
    try:
        content = read_yaml(file)
        header = _PACKAGE.search(file.read_text(encoding="utf-8"))
    except (ConfigError, OSError):
        content, header = {}, None
    content = dict(content) if isinstance(content, Mapping) else {}
    defaults = content.pop("defaults", [])
    package = header[1].removeprefix("_global_").lstrip(".") if header else package
    return _Layer(package, content, defaults if isinstance(defaults, list) else [])


def _merge(tree: Tree, layer: _Layer) -> None:
    for step in filter(None, layer.package.split(".")):
        if not isinstance(tree.get(step), dict):
            tree[step] = {}
        tree = tree[step]
    _update(tree, layer.content)


def _update(tree: Tree, content: Tree) -> None:
    for key, value in content.items():
        if isinstance(value, dict) and isinstance(own := tree.get(key), dict):
            _update(own, value)
        else:
            tree[key] = value
