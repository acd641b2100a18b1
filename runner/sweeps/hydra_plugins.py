"""Telling Hydra of our sweeper and launchers."""

import importlib
import sys
from types import ModuleType

from hydra.core.plugins import Plugins

from runner.sweeps.hydra_launchers import LAUNCHERS
from runner.sweeps.hydra_sweeper import StudySweeper

_NAMESPACE = "hydra_plugins"
PLUGINS = (StudySweeper, *LAUNCHERS)


def register_plugins() -> None:
    """Register them under `hydra_plugins.runner`, for Hydra 1.3 takes plug-ins from that namespace alone.

    A real package of that name would be imported at every start of every program that uses Hydra in this environment.
    """
    plugins = Plugins.instance()  # which looks for installed ones first
    try:
        namespace = importlib.import_module(_NAMESPACE)
    except ModuleNotFoundError:  # no other plug-in is installed
        namespace = sys.modules[_NAMESPACE] = ModuleType(_NAMESPACE)
    module = ModuleType(f"{_NAMESPACE}.runner")
    for plugin in PLUGINS:
        setattr(module, plugin.__name__, plugin)
        plugins.register(plugin)
    setattr(namespace, "runner", module)  # noqa: B010 - mypy knows of no such attribute
    sys.modules[module.__name__] = module
