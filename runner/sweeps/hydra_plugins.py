"""Registration of runner's sweeper and launchers as Hydra plug-ins."""

import importlib
import sys
from types import ModuleType

from hydra.core.plugins import Plugins

from runner.sweeps.hydra_launchers import LAUNCHERS
from runner.sweeps.hydra_sweeper import StudySweeper

_NAMESPACE = "hydra_plugins"
PLUGINS = (StudySweeper, *LAUNCHERS)


def register_plugins() -> None:
    """Register the plug-ins under `hydra_plugins.runner`: Hydra 1.3 accepts plug-ins only from that namespace.

    Every program in this environment that uses Hydra would import a real package of that name at startup.
    """
    plugins = Plugins.instance()  # finds the installed plug-ins first
    try:
        namespace = importlib.import_module(_NAMESPACE)
    except ModuleNotFoundError:  # no other plug-in is installed
        namespace = sys.modules[_NAMESPACE] = ModuleType(_NAMESPACE)
    module = ModuleType(f"{_NAMESPACE}.runner")
    for plugin in PLUGINS:
        setattr(module, plugin.__name__, plugin)
        plugins.register(plugin)
    setattr(namespace, "runner", module)  # noqa: B010 - mypy does not know the attribute
    sys.modules[module.__name__] = module
