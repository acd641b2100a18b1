"""Deferred import of parts of Keras that no training uses, but that load scikit-learn, SciPy and pyplot.

Keras loads both only because they are installed. A deferred module loads itself when one of its names is used.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType

CHECKED_WITH = "Keras 3.15.1"

_UNUSED = frozenset(
    {
        "keras.wrappers",  # of Keras models as scikit-learn's estimators
        "keras._tf_keras.keras.wrappers",
        "keras.visualization",  # of images with boxes and masks
        "keras._tf_keras.keras.visualization",
        "keras.src.visualization",
    }
)


@contextmanager
def unused_parts_deferred() -> Iterator[None]:
    """Defer the unused parts of Keras if the block imports Keras."""
    sys.meta_path.insert(0, _Finder())
    try:
        yield
    finally:
        sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Finder)]


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find an unused part as the import system does, with a loader that waits for its first use."""
        spec = PathFinder.find_spec(fullname, path, target) if fullname in _UNUSED else None
        if spec and isinstance(spec.loader, Loader):
            spec.loader = LazyLoader(spec.loader)
        return spec
