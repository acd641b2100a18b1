"""Deferred import of parts of Keras and TensorFlow that no run uses, or that load scikit-learn, pandas and pyplot.

Keras imports these parts whenever the libraries are installed. A deferred module loads when one of its names is used.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from threading import RLock
from types import ModuleType
from typing import Any

CHECKED_WITH = "Keras 3.15.1 and TensorFlow 2.21.0"

_UNUSED = frozenset(
    {
        "keras.wrappers",  # wrap Keras models as scikit-learn's estimators
        "keras._tf_keras.keras.wrappers",
        "keras.visualization",  # draws images with boxes and masks
        "keras._tf_keras.keras.visualization",
        "keras.src.visualization",
        "keras.src.trainers.data_adapters.array_slicing",  # slices arrays and pandas's frames for `fit`
        "tensorflow._api.v2.lite",
        "tensorflow._api.v2.compat.v1.lite",
        "tensorflow._api.v2.compat.v1.compat",  # repeats all names of both versions
        "tensorflow._api.v2.compat.v2",
    }
)

_WAITING = "__deferred_loader__"  # name of the loader in an unused module


@contextmanager
def unused_parts_deferred() -> Iterator[None]:
    """Defer the unused parts of Keras and TensorFlow if the block imports them."""
    sys.meta_path.insert(0, _Finder())
    try:
        yield
    finally:
        sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Finder)]


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find an unused part as the import system does, and give it a loader that waits for its first use."""
        spec = PathFinder.find_spec(fullname, path, target) if fullname in _UNUSED else None
        if spec and isinstance(spec.loader, Loader):
            spec.loader = _Deferring(spec.loader)
        return spec


class _Deferring(Loader):
    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return a module that loads itself."""
        return _Deferred(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Do not run the module yet; it runs on first use."""
        assert module.__spec__
        module.__spec__.loader = module.__loader__ = self._loader
        vars(module)[_WAITING] = self._loader


class _Deferred(ModuleType):
    """Module that loads when an attribute is used. `LazyLoader` fails before Python 3.12.3 if two threads do so."""

    _loading = RLock()  # one lock for all deferred modules, because one loads another

    def __getattribute__(self, name: str) -> Any:
        own = super().__getattribute__
        with _Deferred._loading:  # other threads wait; this one may enter again
            names = own("__dict__")
            if loader := names.pop(_WAITING, None):
                try:
                    loader.exec_module(self)
                except BaseException:  # includes Ctrl-C: the next use tries again
                    names[_WAITING] = loader
                    raise
                super().__setattr__("__class__", ModuleType)  # from now on it is like any other module
            return own(name)
