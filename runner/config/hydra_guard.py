"""Guards that validate untrusted config files and overrides before Hydra composes them; see docs/trust.md."""

import logging
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import hydra._internal.hydra
import yaml
from hydra._internal.config_loader_impl import ConfigLoaderImpl, get_overrides_dirname
from hydra._internal.core_plugins.file_config_source import FileConfigSource
from hydra._internal.sources_registry import SourcesRegistry
from hydra._internal.utils import get_args_parser
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override as Parsed
from hydra.core.plugins import Plugins
from hydra.errors import ConfigCompositionException, HydraException, MissingConfigException
from hydra.plugins.config_source import ConfigResult
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf._utils import get_yaml_loader
from omegaconf.errors import OmegaConfBaseException

from runner.config.identity import leaves
from runner.config.multirun import is_sweep
from runner.config.options import LIST_GROUPS
from runner.config.overrides import Override
from runner.config.trust import TRUST, read_trusted, refuse_strange_plugins
from runner.core.errors import ConfigError
from runner.core.paths import conf_directory
from runner.core.read_yaml import DEEPEST, LONGEST_NUMBER, read_yaml_text
from runner.core.text import printable, shortened

CHECKED_WITH = "Hydra 1.3.8 and OmegaConf 2.3"  # versions whose private APIs are used below

LOG = logging.getLogger(__name__)

LONGEST_KEY = 200  # bytes; Hydra looks for a file of this name, and a file name may have 255
LONGEST_OVERRIDE = 4096  # characters, which Hydra's parser reads in about a second
LONGEST_TOGETHER = 9_000  # characters of all overrides; a record allows 10,000, including the seed
MOST_INTERPOLATIONS = 16  # n of them make a value at most 3^(n/3) times as long

_NUMBER = re.compile(rf"[\d_]{{{LONGEST_NUMBER + 1},}}")
_REFUSED_FLAGS = {
    "experimental_rerun": "--experimental-rerun: not allowed, because it runs code stored in the file",
    "config_path": "--config-path: not supported; add your own options with --config-dir DIR",
    "config_name": "--config-name: not supported; make your configuration an option: --config-dir DIR experiment=NAME",
}
_PRIMARY = "config.yaml"
_HEADER = 512  # characters at the start of a file, where Hydra looks for @package
_KEPT = 16  # compositions of option files that variants share; each takes about a megabyte
_OF_EACH_COMPOSITION = ("runtime", "overrides")


def guard_hydra() -> None:
    """Make Hydra read files with `GuardedFiles` and compose with `GuardedLoader`; it has no public hook for this."""
    Plugins.instance()  # registers Hydra's own sources
    SourcesRegistry.instance().types["file"] = GuardedFiles
    hydra._internal.hydra.ConfigLoaderImpl = GuardedLoader  # type: ignore[attr-defined]


def refuse_flags(arguments: Sequence[str]) -> None:
    """Refuse Hydra's flags that run code from a file or replace runner's configuration.

    Raises:
        ConfigError: naming the flag.
    """
    if not any(argument.startswith("-") for argument in arguments):
        return
    given = get_args_parser().parse_known_args(list(arguments))[0]
    for name, text in _REFUSED_FLAGS.items():
        if getattr(given, name) is not None:
            raise ConfigError(text)


def unread(arguments: Sequence[str]) -> list[str]:
    """Return the arguments that Hydra's parser does not know, and those that it takes for overrides."""
    given, unknown = get_args_parser().parse_known_args(list(arguments))
    return [*unknown, *given.overrides]


def refuse_no_place(arguments: Sequence[str]) -> None:
    """Reject an empty name for the output directory: all files would go into the current directory.

    Raises:
        ConfigError: naming the key.
    """
    for argument in arguments:
        override = Override.parse(argument)
        if override.key in ("hydra.run.dir", "hydra.sweep.dir") and override.value.strip() in ("", "''", '""'):
            raise ConfigError(f"{argument}: must name a directory")


def refuse_endless(overrides: Sequence[str]) -> None:
    """Reject overrides that are too long or too deeply nested to parse quickly.

    Raises:
        ConfigError: naming the key, if a single override is at fault.
    """
    for override in overrides:
        prefix, name, _, has_value = Override.parse(override)
        key = printable(f"{prefix}{name}"[:60])
        if not name.strip() and has_value:
            raise ConfigError(f"{shortened(override)}: has no key; write KEY=VALUE")
        if len(override) > LONGEST_OVERRIDE:
            raise ConfigError(f"{key}: longer than {LONGEST_OVERRIDE} characters")
        if len(name.encode(errors="replace")) > LONGEST_KEY:
            raise ConfigError(f"{key}: the key is longer than {LONGEST_KEY} bytes")
        if found := _NUMBER.search(override):
            digits = len(found[0])
            raise ConfigError(f"{key}: contains a number with {digits} digits; at most {LONGEST_NUMBER} are allowed")
        if _depth(override) > DEEPEST:
            raise ConfigError(f"{key}: nested more than {DEEPEST} levels deep")
    if (together := sum(map(len, overrides))) > LONGEST_TOGETHER:
        raise ConfigError(
            f"overrides have {together:,} characters; at most {LONGEST_TOGETHER:,} are allowed; write an option file"
        )


def _depth(text: str) -> int:
    depth = deepest = 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        deepest = max(deepest, depth)
    return deepest


def refuse_same_names(directories: Iterable[Path]) -> None:
    """Reject a user's option with the name of a built-in one, which Hydra would load instead.

    An identical copy is allowed.

    Args:
        directories: all that Hydra searches for options, `conf/` included.

    Raises:
        ConfigError: naming both files.
    """
    ours = conf_directory()
    options = _own_options()
    for directory in dict.fromkeys(directories):
        if directory == ours or not directory.is_dir():
            continue
        for option in options:
            theirs = directory / option
            if theirs.is_file() and theirs.read_bytes() != (ours / option).read_bytes():
                raise ConfigError(
                    f"{theirs}: has the same name as the built-in option {ours / option}, which would be used instead; "
                    f"rename yours (for example {option.parent}/my_{option.name}) and choose it by that name"
                )
        if (directory / _PRIMARY).exists():
            raise ConfigError(
                f"{directory / _PRIMARY}: would be ignored, because runner has its own; "
                "make yours an option: experiment/NAME.yaml"
            )


def _misnamed(directories: Iterable[Path]) -> dict[str, Path]:
    """Return the files that look like options but are not, by GROUP/NAME: `.yml` is not `.yaml`."""
    groups = dict.fromkeys(option.parent for option in _own_options())
    return {
        f"{group}/{file.stem}": file
        for directory in directories
        for group in groups
        for file in sorted((directory / group).glob("*.yml"))
    }


def _heed_misnamed(directories: Iterable[Path], config: DictConfig) -> None:
    """Reject a misnamed file of a chosen option, because Hydra used another file; warn once about each of the others.

    Raises:
        ConfigError: naming the file.
    """
    chosen = {f"{group.partition('@')[0]}/{option}" for group, option in config.hydra.runtime.choices.items()}
    lists = {group: config.get(group) for group in LIST_GROUPS}
    chosen |= {f"{group}/{option}" for group, own in lists.items() if OmegaConf.is_dict(own) for option in own}
    for option, file in _misnamed(directories).items():
        if option in chosen:
            raise _rename(file)
        _warn(str(_rename(file)))


def _rename(file: Path) -> ConfigError:
    return ConfigError(f"{file}: not read, because options are .yaml files; rename it to {file.stem}.yaml")


@cache
def _warn(text: str) -> None:
    LOG.warning("runner: %s", text)


@cache
def _own_options() -> tuple[Path, ...]:
    """Return the paths of the built-in options below `conf/`: GROUP/OPTION.yaml."""
    return tuple(sorted(file.relative_to(conf_directory()) for file in conf_directory().rglob("*/*.yaml")))


class GuardedFiles(FileConfigSource):
    """Source of option files, read with limits; a user's files may not configure Hydra itself."""

    def load_config(self, config_path: str) -> ConfigResult:
        """Read an option file.

        Raises:
            ConfigError: if it cannot be read, naming the file.
        """
        path = Path(self.path, self._normalize_file_name(config_path))
        if Path(self.path) != conf_directory() and os.path.normpath(config_path).startswith("hydra/"):
            raise ConfigError(
                f"{path}: only runner and Hydra define hydra/ options; set hydra.KEY=VALUE in the command"
            )
        try:
            text = read_yaml_text(path)
            content = yaml.load(text, Loader=_loader())
            config = OmegaConf.create({} if content is None else content)
            header = self._get_header_dict(text[:_HEADER])
        except (HydraException, ConfigError, FileNotFoundError):
            raise
        except Exception as error:  # OmegaConf and its loader raise many types of exception
            raise ConfigError(printable(f"{path}: {str(error).partition(chr(10))[0] or error!r}")) from error
        return ConfigResult(config=config, path=self.full_path(), provider=self.provider, header=header)


@cache
def _loader() -> type[yaml.CSafeLoader]:
    """Return libyaml's loader with OmegaConf's types of values; it is ten times as fast as OmegaConf's own."""

    class Loader(yaml.CSafeLoader):
        yaml_implicit_resolvers = get_yaml_loader().yaml_implicit_resolvers

    return Loader


class _VariantLoader:
    """Loader that composes option files once, and sets the values of each variant in a copy, as Hydra would."""

    def __init__(self, loader: ConfigLoaderImpl) -> None:
        self._loader = loader
        self._composed: dict[tuple[str | None, ...], DictConfig] = {}

    def load(
        self,
        config_name: str | None,
        overrides: list[str],
        run_mode: RunMode,
        from_shell: bool,
        validate_sweep_overrides: bool,
    ) -> DictConfig:
        """Compose a configuration, with the result and the errors of `ConfigLoaderImpl.load_configuration`."""
        parsed = _parsed(overrides)
        if run_mode is not RunMode.RUN or any(one.get_key_element() == "hydra.searchpath" for one in parsed):
            return ConfigLoaderImpl.load_configuration(
                self._loader, config_name, overrides, run_mode, from_shell, validate_sweep_overrides
            )
        if validate_sweep_overrides:
            self._loader.validate_sweep_overrides_legal(parsed, run_mode, from_shell)
        values = [one for one in parsed if self._is_value(one)]
        config = self._with_options(config_name, [one.input_line or "" for one in parsed if one not in values])
        own = [one for one in parsed if not one.is_hydra_override()]
        named = config.hydra.job.config.override_dirname
        try:
            ConfigLoaderImpl._apply_overrides_to_config(values, config)
            config.hydra.overrides.task = [one.input_line for one in own]
            config.hydra.job.override_dirname = get_overrides_dirname(
                own, named.exclude_keys, named.item_sep, named.kv_sep
            )
        except OmegaConfBaseException as error:
            raise ConfigCompositionException from error
        return config

    def _is_value(self, override: Parsed) -> bool:
        """Return whether an override sets a value, not an option or a setting of Hydra, by Hydra's own distinction."""
        is_group = not isinstance(override.value(), dict) and self._loader.repository.group_exists(
            override.key_or_group
        )
        return not (is_group or override.is_hydra_override())

    def _with_options(self, config_name: str | None, options: list[str]) -> DictConfig:
        key = (config_name, *options)
        found = self._composed.pop(key, None)
        if found is None:
            found = ConfigLoaderImpl.load_configuration(self._loader, config_name, options, RunMode.RUN)
        self._composed[key] = found  # moved to the end, so that it is discarded last
        if len(self._composed) > _KEPT:
            del self._composed[next(iter(self._composed))]
        return deepcopy(found)


class GuardedLoader(ConfigLoaderImpl):
    """Config loader that composes as Hydra does, but rejects settings that could make Hydra run code."""

    def __init__(self, config_search_path: ConfigSearchPath) -> None:
        super().__init__(config_search_path)
        self._variants = _VariantLoader(self)

    def load_sweep_config(self, master_config: DictConfig, sweep_overrides: list[str]) -> DictConfig:
        """Compose a variant of a sweep.

        Raises:
            ConfigError: as `load_configuration` does.
        """
        overrides = [*master_config.hydra.overrides.hydra, *sweep_overrides]
        name = master_config.hydra.job.config_name
        config = self._guarded(self._variants.load, name, overrides, RunMode.RUN, True, True)
        OmegaConf.copy_cache(from_config=master_config, to_config=config)
        return config

    def load_configuration(
        self,
        config_name: str | None,
        overrides: list[str],
        run_mode: RunMode,
        from_shell: bool = True,
        validate_sweep_overrides: bool = True,
    ) -> DictConfig:
        """Compose a configuration.

        Raises:
            ConfigError: if the result is not trusted, naming the key.
        """
        load = super().load_configuration
        return self._guarded(load, config_name, overrides, run_mode, from_shell, validate_sweep_overrides)

    def _guarded(
        self,
        load: Callable[..., DictConfig],
        config_name: str | None,
        overrides: list[str],
        run_mode: RunMode,
        from_shell: bool,
        validate_sweep_overrides: bool,
    ) -> DictConfig:
        refuse_endless(overrides)
        # Checked before composition, which may fail because a built-in option replaced the user's, and again after it.
        searched = [Path(str(entry.path).removeprefix("file://")) for entry in self.config_search_path.get_path()]
        refuse_same_names(searched)
        try:
            if run_mode is RunMode.RUN and is_sweep(overrides):
                # Hydra treats a sweep that it cannot compose as a run; composing it as a sweep raises the actual error.
                load(config_name, _of_the_whole_sweep(overrides), RunMode.MULTIRUN, from_shell, False)
            config = load(config_name, overrides, run_mode, from_shell, validate_sweep_overrides)
        except MissingConfigException as error:
            if file := _misnamed(searched).get(str(error.missing_cfg_file)):
                raise _rename(file) from error
            raise
        except ConfigCompositionException:
            if run_mode is RunMode.RUN:
                raise
            # The key may belong to an option that only the variants choose; they are composed and checked with it.
            config = load(config_name, _of_the_whole_sweep(overrides), run_mode, from_shell, validate_sweep_overrides)
            config.hydra.overrides.task = [one.input_line for one in _parsed(overrides) if not one.is_hydra_override()]
        sources = [Path(source.path) for source in config.hydra.runtime.config_sources]
        refuse_same_names(sources)
        _heed_misnamed(sources, config)
        _refuse_expansion(config)
        if _has_foreign_files(config):
            by_command = [given.input_line for given in _parsed(overrides) if _is_of_the_command(given)]
            alone = load(config_name, by_command, run_mode, from_shell, validate_sweep_overrides)
            _refuse_other(_of_the_command(alone), _of_the_command(config))
        hydra_node: Any = OmegaConf.to_container(config.hydra, resolve=False)
        refuse_strange_plugins(hydra_node, read_trusted(_plain(config.get(TRUST, []))))
        return config


def _parsed(overrides: list[str]) -> list[Any]:
    parsed: list[Any] = OverridesParser.create().parse_overrides(overrides)
    return parsed


def _of_the_whole_sweep(overrides: list[str]) -> list[str]:
    """Return the overrides except those of a group's keys, which a sweep passes only to its variants."""
    parsed = ((text, Override.parse(text)) for text in overrides)
    return [text for text, given in parsed if "." not in given.key or given.section in ("study", "search", "hydra")]


def _is_of_the_command(override: Any) -> bool:
    return bool(override.is_hydra_override()) or override.get_key_element() == TRUST


def _has_foreign_files(config: DictConfig) -> bool:
    sources = config.hydra.runtime.config_sources
    return any(source.schema == "file" and Path(source.path) != conf_directory() for source in sources)


def _plain(value: Any) -> Any:
    return OmegaConf.to_container(value, resolve=False) if OmegaConf.is_config(value) else value


def _of_the_command(config: DictConfig) -> dict[str, Any]:
    """Return the settings that only a command may change, by dotted key: Hydra's settings and the trusted packages."""
    node = _plain(config.hydra)
    node["job"] = {key: value for key, value in node["job"].items() if key != "override_dirname"}
    kept = {key: value for key, value in node.items() if key not in _OF_EACH_COMPOSITION}
    return dict(leaves({"hydra": kept, TRUST: _plain(config.get(TRUST))}))


def _refuse_other(expected: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    for key in [*found, *expected]:
        if key not in found or key not in expected or found[key] != expected[key]:
            raise ConfigError(printable(f"{key}: set by an option file; only the command line may set it"))


def _refuse_expansion(config: DictConfig) -> None:
    """Limit the interpolations, which could expand a few characters to gigabytes."""
    count = 0
    task = {key: value for key, value in _plain(config).items() if key != "hydra"}
    for key, value in leaves(task):
        count += value.count("${") if isinstance(value, str) else 0
        if count > MOST_INTERPOLATIONS:
            raise ConfigError(printable(f"{key}: exceeds the limit of {MOST_INTERPOLATIONS} interpolations (${{...}})"))
