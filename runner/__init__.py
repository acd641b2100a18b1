"""Config-driven experiment runner: trains and compares optimizers, regularizers and schedules.

The names below are the Python interface (docs/python.md). Each is imported when it is first used, so that
`import runner` takes no time.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runner.interface.errors import UserError

__version__ = "0.1.0"
__all__ = ["UserError"]

_MODULES = {"UserError": "errors"}  # of runner.interface, by name


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"runner.interface.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
