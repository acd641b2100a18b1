"""New examples in files, read in the same form as the raw examples of a finished run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from runner.core.paths import user_path
from runner.data.csv_file import read_features
from runner.data.dataset import DataError, Inputs
from runner.data.image_folder import image_files, read_image
from runner.data.inference import Inference
from runner.data.npz_file import read_examples

_ARCHIVE, _TABLE = ".npz", ".csv"
_MODES = (1, 3)  # numbers of channels of an image file: grayscale or RGB


@dataclass(frozen=True)
class NewExamples:
    """The examples of one file, and their classes if the file contains them."""

    file: Path
    inputs: Inputs  # (examples, *shape of a raw example)
    classes: Sequence[str | None]  # (examples,); None: unknown


@dataclass(frozen=True)
class Reader:
    """Reader that treats new files as a run's loader treats its data set.

    Args:
        inference: the form of the run's examples.
        dataset: the run's data set, as configured.
        resize: resize images of a different size.
    """

    inference: Inference
    dataset: Any
    resize: bool = False

    def _option(self, name: str, usual: Any = None) -> Any:
        """Return an option of the run's loader, or the default if the option or the configuration is missing."""
        return self.dataset.get(name, usual) if isinstance(self.dataset, dict) else usual

    def read(self, file: Path) -> NewExamples:
        """Read the examples of a file.

        Raises:
            UserError: if it cannot be read, or its examples have a different form.
        """
        if file.suffix.lower() == _ARCHIVE:
            return self._archive(file)
        return self._image(file) if self.inference.has_images else self._table(file)

    def _archive(self, file: Path) -> NewExamples:
        inputs, labels = read_examples(file, self._memory_limit_gb)
        names = self.inference.classes
        known = [None] * len(inputs) if labels is None else [_name(label, names) for label in labels]
        if len(known) != len(inputs):
            raise DataError(f"{file}: {len(inputs)} examples, but {len(known)} labels")
        return NewExamples(file, self._fitting(file, inputs), known)

    def _image(self, file: Path) -> NewExamples:
        if file.suffix.lower() == _TABLE:
            raise DataError(f"{file}: is a table, but the run was trained on images; give images or an archive (.npz)")
        if self.inference.dtype != "uint8" or self.inference.shape[-1] not in _MODES:
            raise DataError(
                f"{file}: the run was trained on {self._form}, which image files cannot contain; give an archive (.npz)"
            )
        image = read_image(
            file,
            self.inference.shape,
            resize=self.resize or bool(self._option("size")),
            background=self._option("background"),
            memory_limit_gb=self._memory_limit_gb,
        )
        folder = file.absolute().parent.name
        return NewExamples(file, image[np.newaxis], [folder if folder in self.inference.classes else None])

    def _table(self, file: Path) -> NewExamples:
        if not self.inference.features:
            raise DataError(f"{file}: the features of the run have no names; give an archive (.npz)")
        header, separator = bool(self._option("header", True)), self._option("separator", ",")
        features = read_features(file, self.inference.features, header, separator, self._memory_limit_gb)
        return NewExamples(file, features.astype(self.inference.dtype), [None] * len(features))

    def _fitting(self, file: Path, inputs: Inputs) -> Inputs:
        """Return the examples in the run's own dtype; bytes and other numbers may have different scales."""
        is_bytes = inputs.dtype == np.uint8
        if inputs.shape[1:] != self.inference.shape or is_bytes != (self.inference.dtype == "uint8"):
            found = f"{inputs.dtype}{inputs.shape[1:]}"
            raise DataError(f"{file}: its examples are {found}, but the run was trained on {self._form}")
        return inputs.astype(self.inference.dtype, copy=False)

    @property
    def _form(self) -> str:
        return f"{self.inference.dtype}{self.inference.shape}"

    @property
    def _memory_limit_gb(self) -> float:
        limit = self._option("memory_limit_gb")
        return float(limit) if isinstance(limit, int | float) else 4.0


def _name(label: Any, names: Sequence[str]) -> str | None:
    is_class = isinstance(label, np.integer) and 0 <= label < len(names)
    return names[int(label)] if is_class else None


def files_at(path: Path, inference: Inference) -> list[Path]:
    """Return a file, or a folder's files: all images below it or the tables in it, and the archives in it.

    Raises:
        DataError: if a folder cannot be read or contains no such files.
    """
    path = user_path(path)
    if not path.is_dir():
        return [path]
    kinds = (_ARCHIVE,) if inference.has_images else (_ARCHIVE, _TABLE)
    found = image_files(path) if inference.has_images else []
    found += sorted(file for file in path.iterdir() if file.suffix.lower() in kinds)
    if not found:
        raise DataError(f"{path}: contains no {'images' if inference.has_images else 'tables'} and no archives (.npz)")
    return found
