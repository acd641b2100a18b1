"""Description of raw examples and classes, needed in addition to the network for predictions on new examples."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from runner.data.dataset import Dataset, Split
from runner.data.preprocessing import Affine, PerImage, Unchanged
from runner.data.whitening import Whitening

Arrays = Mapping[str, npt.NDArray[Any]]
Transform = Affine | PerImage | Unchanged | Whitening

COMMON = ("shape", "dtype", "classes", "features", "preprocessing")  # keys of every description
_KINDS: dict[str, type[Transform]] = {
    "affine": Affine,
    "per_image": PerImage,
    "unchanged": Unchanged,
    "whitening": Whitening,
}
_DTYPES = ("uint8", "float32", "float64")


@dataclass(frozen=True)
class Inference:
    """The form of one raw example, the preprocessing with its statistics, and the names of features and classes."""

    shape: tuple[int, ...]  # (height, width, channels) or (features,)
    dtype: str  # uint8, float32 or float64
    transform: Transform
    classes: tuple[str, ...]  # in the order of the probabilities
    features: tuple[str, ...] = ()  # columns of a table; empty if unnamed

    @classmethod
    def of(cls, dataset: Dataset, split: Split) -> Self | None:
        """Describe the examples of a data set and its preprocessed split; None for a user's own preprocessing."""
        if not isinstance(split.transform, Transform):
            return None
        return cls(
            shape=dataset.train_inputs.shape[1:],
            dtype=str(dataset.train_inputs.dtype),
            transform=split.transform,
            classes=tuple(dataset.name_of(label) for label in range(dataset.classes)),
            features=dataset.feature_names,
        )

    @property
    def has_images(self) -> bool:
        """True if an example is an image."""
        return len(self.shape) == 3

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the description as arrays, for a file."""
        kind = next(kind for kind, transform in _KINDS.items() if type(self.transform) is transform)
        return {
            "shape": np.array(self.shape),
            "dtype": np.array(self.dtype),
            "classes": np.array(self.classes, np.str_),
            "features": np.array(self.features, np.str_),
            "preprocessing": np.array(kind),
            **vars(self.transform),
        }

    @classmethod
    def of_arrays(cls, arrays: Arrays) -> Self:
        """Return the description that a file's arrays contain.

        Raises:
            ValueError: if they are not a description.
        """
        kind = _KINDS[_one_of("preprocessing", arrays, _KINDS)]
        shape = arrays["shape"]
        if shape.dtype.kind not in "iu" or shape.shape not in ((1,), (3,)) or shape.min() < 1:
            raise ValueError("shape fits neither an image nor features")
        found = cls(
            shape=tuple(map(int, shape)),
            dtype=_one_of("dtype", arrays, _DTYPES),
            transform=kind(**{field.name: _numbers(field.name, arrays) for field in fields(kind)}),
            classes=_texts("classes", arrays),
            features=_texts("features", arrays),
        )
        found._refuse_inconsistent()
        return found

    def _refuse_inconsistent(self) -> None:
        if len(self.classes) < 2:
            raise ValueError("lists fewer than two classes")
        if self.features and self.shape != (len(self.features),):
            raise ValueError(f"lists {len(self.features)} features for examples of shape {self.shape}")
        match self.transform:
            case Affine(mean, deviation):
                fits = mean.shape == deviation.shape and mean.shape in ((1,), self.shape[-1:])
            case Whitening(mean, matrix):
                size = int(np.prod(self.shape))
                fits = mean.shape == (size,) and matrix.shape == (size, size)
            case _:
                fits = not isinstance(self.transform, PerImage) or self.has_images
        if not fits:
            raise ValueError(f"the preprocessing does not fit examples of shape {self.shape}")


def keys_of(arrays: Arrays) -> tuple[str, ...]:
    """Return the keys of the statistics that a description has in addition to the common ones.

    Raises:
        ValueError: if its preprocessing is unknown.
    """
    return tuple(field.name for field in fields(_KINDS[_one_of("preprocessing", arrays, _KINDS)]))


def _one_of(key: str, arrays: Arrays, allowed: Any) -> str:
    text = str(arrays[key])
    if text not in allowed:
        raise ValueError(f"{key} must be one of {', '.join(allowed)}")
    return text


def _numbers(key: str, arrays: Arrays) -> npt.NDArray[Any]:
    array = arrays[key]
    if array.dtype.kind != "f" or not np.isfinite(array).all():
        raise ValueError(f"{key} must contain only finite numbers")
    return array


def _texts(key: str, arrays: Arrays) -> tuple[str, ...]:
    array = arrays[key]
    if array.dtype.kind != "U" or array.ndim != 1:
        raise ValueError(f"{key} must be a list of names")
    return tuple(map(str, array))
