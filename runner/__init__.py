"""Config-driven experiment runner: trains and compares optimizers, regularizers and schedules.

The names below are the Python interface (docs/python.md). Each is imported when it is first used, so
`import runner` takes almost no time.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runner.interface.errors import UserError
    from runner.interface.results import Results, load
    from runner.interface.run import Run
    from runner.interface.training import study, sweep, train

__version__ = "0.1.0"
__all__ = ["Results", "Run", "UserError", "load", "study", "sweep", "train"]

_MODULES = {
    "Results": "results",
    "Run": "run",
    "UserError": "errors",
    "load": "results",
    "study": "training",
    "sweep": "training",
    "train": "training",
}  # module in runner.interface, for each name


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"runner.interface.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
