"""Instantiation of parts from their configuration; no other module calls `instantiate`."""

import inspect
import re
from importlib import import_module
from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import get_object, instantiate

from runner.config.trust import TRUST, package_of
from runner.core.errors import ConfigError, UserError
from runner.core.text import did_you_mean


def make(key: str, spec: dict[str, Any], **at_run_time: Any) -> Any:
    """Instantiate one part; errors name the invalid key.

    The configuration first gives a partial, which is then called with run-time objects, so that these do not pass
    through OmegaConf.

    Args:
        key: the part's place in the configuration.

    Raises:
        ConfigError: if the target does not exist, or does not accept its arguments.
    """
    target = locate(key, spec["_target_"])
    given = {name: value for name, value in spec.items() if not name.startswith("_")}
    accepted, open_ended = _parameters(target)
    unknown = [name for name in given if name not in accepted]
    if unknown and not open_ended:
        raise _no_such_argument(key, unknown[0], given, target, accepted)
    try:
        return instantiate(spec | {"_partial_": True}, _convert_="all")(**at_run_time)
    except UserError:
        raise
    except Exception as error:  # libraries and the user's code may raise any type of exception
        if unknown:
            raise _no_such_argument(key, unknown[0], given, target, accepted) from error
        cause = error.__cause__ if isinstance(error, InstantiationException) and error.__cause__ else error
        words = [f"{key}.{name}={value}" for name, value in given.items() if isinstance(value, str)]
        hint = (
            f" (text where a number may be needed: {', '.join(words)})"
            if isinstance(cause, TypeError) and words
            else ""
        )
        raise ConfigError(f"{key}: {spec['_target_']}: {brief(cause)}{hint}") from error


def locate(key: str, path: str) -> Any:
    """Return the class or function that a part's `_target_` names.

    Raises:
        ConfigError: if it cannot be imported or called.
    """
    try:
        target = get_object(path)
    except Exception as error:  # the user's module may raise any type of exception
        raise ConfigError(f"{key}._target_={path}: {_why_not_found(path)}") from error
    if not callable(target):
        raise ConfigError(f"{key}._target_={path}: neither a class nor a function")
    # Trust covers the named package, not what its modules import from others.
    if package_of(path.removeprefix("tensorflow.")) != package_of(str(target.__module__)):
        raise ConfigError(f"{key}._target_={path}: defined in {target.__module__}; use its path there")
    return target


def _why_not_found(path: str) -> str:
    """Return the reason for a missing class or function: its module cannot be imported, or lacks the name."""
    parts = path.split(".")
    module: Any = None
    for end in range(1, len(parts)):
        name = ".".join(parts[:end])
        try:
            module = import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                return f"importing {name} fails: it needs the module {error.name}, which is not installed"
            if module is None:
                return (
                    f"there is no module {name}; install it, put its directory on PYTHONPATH, or run from there with "
                    f"{TRUST}=[{name}]"
                )
            break  # the rest of the path is in a class, or does not exist
        except Exception as error:  # raised by the user's code
            return f"importing {name} fails: {type(error).__name__}: {brief(error)}"
    known = [name for name in dir(module) if not name.startswith("_")]
    return f"no such class or function{did_you_mean(parts[-1], known)}"


def _parameters(target: Any) -> tuple[set[str], bool]:
    """Return the names of a target's arguments, and whether it accepts other names.

    A class that forwards **kwargs also accepts its parent's arguments.
    """
    names: set[str] = set()
    for function in _functions(target):
        given = inspect.signature(function).parameters.values()
        by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        names |= {parameter.name for parameter in given if parameter.kind in by_name} - {"self"}
        if not any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in given):
            return names, False
    return names, True


def defaults(target: Any) -> dict[str, Any]:
    """Return the defaults of a target's arguments, including those that a class forwards to its parent."""
    found: dict[str, Any] = {}
    for function in _functions(target):
        for name, parameter in inspect.signature(function).parameters.items():
            if parameter.default is not inspect.Parameter.empty:
                found.setdefault(name, parameter.default)
    return found


def _functions(target: Any) -> list[Any]:
    if not inspect.isclass(target):
        return [target]
    return [vars(base)["__init__"] for base in target.__mro__[:-1] if "__init__" in vars(base)]


def _no_such_argument(key: str, name: str, given: dict[str, Any], target: Any, accepted: set[str]) -> ConfigError:
    return ConfigError(
        f"{key}.{name}={given[name]}: {target.__name__} takes no such argument{did_you_mean(name, accepted)}"
    )


def check_name(key: str, name: str, module: Any) -> None:
    """Raise ConfigError unless `keras.losses` or `keras.metrics` has the name and the class needs no arguments."""
    known = [known for known in dir(module) if known.islower() and known not in ("get", "serialize", "deserialize")]
    try:
        module.get(name)
    except ValueError as error:
        raise ConfigError(f"{key}={name}: not in Keras{did_you_mean(name, known)}") from error
    except TypeError as error:  # Keras instantiates a class given by name
        raise ConfigError(f"{key}={name}: needs arguments: {{_target_: keras..., ...}} ({brief(error)})") from error


def brief(error: BaseException) -> str:
    """Return the first line of an error's text."""
    text = re.sub(r"\{\{.*?\}\}|\[Op:\w+\](\s*name:)?", "", str(error))  # without TensorFlow's operation names
    return next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)
