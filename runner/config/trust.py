"""Trust rules for the classes and functions that a configuration may import and call.

They look only at names, before anything is imported; see docs/trust.md.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from runner.config.overrides import Override
from runner.core.errors import ConfigError
from runner.core.paths import conf_directory
from runner.core.text import printable

TRUST = "trusted_packages"
OWN = "runner"

_KERAS = re.compile(
    r"(?:tensorflow\.)?keras\."
    r"(?:layers|optimizers(?:\.schedules)?|losses|metrics|regularizers|initializers|constraints|callbacks)"
    r"\.(?P<name>[A-Z]\w*)",
    re.ASCII,
)
# Keras classes that run code from their arguments, reach files or hosts outside the run directory, or remove files that
# they did not write.
_BEYOND = frozenset({
    "Lambda", "TFSMLayer", "TorchModuleWrapper", "FlaxLayer", "JaxLayer", "TextVectorization", "StringLookup",
    "IntegerLookup", "LambdaCallback", "RemoteMonitor", "OrbaxCheckpoint",
    "BackupAndRestore",
})  # fmt: skip
_OWN = re.compile(r"^\s*_target_: (runner\.[\w.]+)", re.MULTILINE)
_PACKAGE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)
_OF_HYDRA = ("hydra_plugins.", "hydra._internal.core_plugins.")  # installed Hydra plug-ins

_ALLOWED = (
    "not a Keras class for training, not used by runner's options, and not in a package that the command trusts "
    f"({TRUST}=[my_package]; see docs/trust.md)"
)


def package_of(path: str) -> str:
    """Return the top-level package of a dotted path."""
    return path.partition(".")[0]


def is_of_the_user(path: str) -> bool:
    """Return whether a class, function or module lies outside Keras and this package, by its path."""
    return package_of(path) not in ("keras", OWN)


def read_trusted(value: Any) -> tuple[str, ...]:
    """Return the packages that `trusted_packages` names.

    Raises:
        ConfigError: if it is not a list of names.
    """
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(map(_is_package, value)):
        raise ConfigError(f"{TRUST}={value}: must be a list of package names: {TRUST}=[my_package]")
    return tuple(value)


def trusted_by(arguments: Iterable[str]) -> tuple[str, ...]:
    """Return the packages in the `trusted_packages=[a,b]` arguments of a command that does not use Hydra.

    Raises:
        ConfigError: if an argument is anything else.
    """
    trusted: list[str] = []
    for argument in arguments:
        override = Override.parse(argument)
        if override.prefix or override.key != TRUST:
            raise ConfigError(f"{argument}: only {TRUST}=[my_package] is allowed")
        trusted += read_trusted(override.items)
    return tuple(trusted)


def _is_package(name: Any) -> bool:
    return isinstance(name, str) and _PACKAGE.fullmatch(name) is not None


def refuse_strangers(config: Mapping[Any, Any], trusted: Iterable[str]) -> None:
    """Refuse a resolved configuration that names an untrusted class or function anywhere.

    Raises:
        ConfigError: with a line for each such key.
    """
    _raise_if_any(_strangers(config, "", [f"{package}." for package in trusted], _is_a_part))


def has_foreign_code(config: Mapping[Any, Any]) -> bool:
    """Return whether a resolved configuration names a class or function outside Keras and this package."""
    return any(_strangers(config, "", [f"{OWN}."], _is_of_keras))


def refuse_strange_plugins(hydra: Mapping[Any, Any], trusted: Iterable[str]) -> None:
    """Refuse Hydra settings that would call anything but its plug-ins.

    Raises:
        ConfigError: with a line for each such key.
    """
    _raise_if_any(_strangers(hydra, "hydra", [f"{package}." for package in trusted], _is_a_plugin))


def _raise_if_any(wrong: Iterable[str]) -> None:
    if lines := list(wrong):
        raise ConfigError("\n".join(map(printable, lines)))


def _strangers(value: Any, key: str, prefixes: Sequence[str], is_known: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            below = f"{key}.{name}".lstrip(".")
            if name == "_target_":
                if not isinstance(item, str):
                    yield f"{below}={item}: must be the name of a class"
                elif not is_known(item) and not item.startswith(tuple(prefixes)):
                    yield f"{below}={item}: refused: {_ALLOWED}"
            elif name == "class_name":
                yield f"{below}={item}: refused: name the class with _target_"
            elif str(name).startswith("_") and str(name).endswith("_") and name != "_partial_":
                yield f"{below}={item}: refused: the only Hydra keys allowed here are _target_ and _partial_"
            yield from _strangers(item, below, prefixes, is_known)
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from _strangers(item, f"{key}[{number}]", prefixes, is_known)


def _is_a_part(path: str) -> bool:
    return _is_of_keras(path) or path in _own_targets()


def _is_of_keras(path: str) -> bool:
    of_keras = _KERAS.fullmatch(path)
    return of_keras is not None and of_keras["name"] not in _BEYOND


def _is_a_plugin(path: str) -> bool:
    return path.startswith(_OF_HYDRA)


@cache
def _own_targets() -> frozenset[str]:
    """Return this package's classes and functions that the options in `conf/` name."""
    files = conf_directory().rglob("*.yaml")
    return frozenset(target for file in files for target in _OWN.findall(file.read_text(encoding="utf-8")))
