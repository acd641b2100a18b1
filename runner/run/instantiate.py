"""Making one part from its configuration. The only file that instantiates."""

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
    """Instantiate one part, or say which key of it is wrong.

    Every part is made in two steps, a partial from the configuration and a call with what only the run knows, so that
    run-time objects do not pass through OmegaConf.

    Args:
        key: where the part stands in the configuration.

    Raises:
        ConfigError: if the target does not exist, or does not take its arguments.
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
    except Exception as error:  # whatever a library or the user's own code raises for its arguments
        if unknown:
            raise _no_such_argument(key, unknown[0], given, target, accepted) from error
        cause = error.__cause__ if isinstance(error, InstantiationException) and error.__cause__ else error
        words = [f"{key}.{name}={value}" for name, value in given.items() if isinstance(value, str)]
        hint = (
            f" (text, where it may want a number: {', '.join(words)})" if isinstance(cause, TypeError) and words else ""
        )
        raise ConfigError(f"{key}: {spec['_target_']}: {brief(cause)}{hint}") from error


def locate(key: str, path: str) -> Any:
    """Return what the `_target_` of a part names.

    Raises:
        ConfigError: if it cannot be imported or called.
    """
    try:
        target = get_object(path)
    except Exception as error:  # whatever importing the user's module raises
        raise ConfigError(f"{key}._target_={path}: {_why_not_found(path)}") from error
    if not callable(target):
        raise ConfigError(f"{key}._target_={path}: neither a class nor a function")
    # What was trusted is a package by its name, not what its modules imported.
    if package_of(path.removeprefix("tensorflow.")) != package_of(str(target.__module__)):
        raise ConfigError(f"{key}._target_={path}: defined in {target.__module__}; name it there")
    return target


def _why_not_found(path: str) -> str:
    """Return why a class or function cannot be had: its module cannot be imported, or lacks the name."""
    parts = path.split(".")
    module: Any = None
    for end in range(1, len(parts)):
        name = ".".join(parts[:end])
        try:
            module = import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                return f"importing {name} fails, as it needs a module {error.name} that is not installed"
            if module is None:
                return (
                    f"there is no module {name}; install it, put its directory on PYTHONPATH, or run from there with "
                    f"{TRUST}=[{name}]"
                )
            break  # a class with something in it, or no such name
        except Exception as error:  # of the user's own code
            return f"importing {name} fails: {type(error).__name__}: {brief(error)}"
    known = [name for name in dir(module) if not name.startswith("_")]
    return f"no such class or function{did_you_mean(parts[-1], known)}"


def _parameters(target: Any) -> tuple[set[str], bool]:
    """Return the arguments a target names, and whether it takes others too.

    A class that passes **kwargs on takes its parent's as well.
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
    """Return the defaults of a target's arguments, also of those that a class passes on to its parent."""
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
    """Raise ConfigError if `keras.losses` or `keras.metrics` has nothing of that name that needs no arguments."""
    known = [known for known in dir(module) if known.islower() and known not in ("get", "serialize", "deserialize")]
    try:
        module.get(name)
    except ValueError as error:
        raise ConfigError(f"{key}={name}: not in Keras{did_you_mean(name, known)}") from error
    except TypeError as error:  # Keras makes an object of a class that is named
        raise ConfigError(f"{key}={name}: needs arguments: {{_target_: keras..., ...}} ({brief(error)})") from error


def brief(error: BaseException) -> str:
    """Return an error's first line of text."""
    text = re.sub(r"\{\{.*?\}\}|\[Op:\w+\](\s*name:)?", "", str(error))  # TensorFlow's names of the operation
    return next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)
