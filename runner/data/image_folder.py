"""Images of the user's own: a folder a class."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from runner.config.errors import ConfigError, shortened
from runner.config.locations import user_path
from runner.data.checked import checked_dataset, checked_file
from runner.data.dataset import Dataset, Part
from runner.data.errors import DataError
from runner.data.held_out import hold_out
from runner.data.memory import refuse_large
from runner.data.strata import stratified_order
from runner.data.streams import Stream, seed_sequence

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_MODES = {1: "L", 3: "RGB"}  # Pillow's names
# Pillow knows more, some of which start other programs (EPS: Ghostscript, without a limit of time).
_FORMATS = ("BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")


@dataclass(frozen=True)
class Format:
    """What every image is turned into."""

    channels: int
    size: tuple[int, int] | None  # height, width
    memory_limit_gb: float


def load_images(
    name: str,
    path: str,
    channels: int,
    size: Sequence[int] | None,
    test_size: float,
    data_seed: int,
    memory_limit_gb: float,
) -> Dataset:
    """Return the images below a folder; classes are numbered in the alphabetical order of their folders.

    Args:
        path: the folder of train/CLASS/ and test/CLASS/, or of CLASS/ alone.
        channels: 1 (grayscale) or 3 (RGB).
        size: height and width that images are resized to; None: they are all of one size.
        test_size: share that becomes the test part, if there is no test/.
        data_seed: of that draw, and of the order of the training images, which the folders would sort by class.
        memory_limit_gb: what the images of a part may take in memory.

    Raises:
        ConfigError: if channels or size are none.
        DataError: if there are no classes, an image cannot be read, sizes differ, or the images are too large.
    """
    style = Format(channels, _checked_size(size), memory_limit_gb)
    if channels not in _MODES:
        raise ConfigError(f"dataset.channels={channels}: must be 1 (grayscale) or 3 (RGB)")
    root = user_path(path)
    if not ((root / "train").is_dir() and (root / "test").is_dir()):
        classes = _training_classes(root)
        part = _read(root, classes, style)
        train, test = hold_out(str(root), part, test_size, data_seed)
        return checked_dataset(name, str(root), train, test, [shortened(text) for text in classes])
    classes = _training_classes(root / "train")
    if unknown := sorted(set(_class_names(root / "test")) - set(classes)):
        raise DataError(f"{root / 'test' / unknown[0]}: {root / 'train'} has no such class")
    train, test = (_read(root / part, classes, style) for part in ("train", "test"))
    order = stratified_order(train.labels, np.random.default_rng(seed_sequence(data_seed, Stream.TEST_PART)))
    train = Part(train.inputs[order], train.labels[order])
    return checked_dataset(name, str(root), train, test, [shortened(text) for text in classes])


def _checked_size(size: Sequence[int] | None) -> tuple[int, int] | None:
    if size is None:
        return None
    if not isinstance(size, Sequence) or len(size) != 2 or not all(type(side) is int and side > 0 for side in size):
        raise ConfigError(f"dataset.size={size}: must be null or [height, width], whole numbers above 0")
    return size[0], size[1]


def _class_names(folder: Path) -> list[str]:
    names = sorted(entry.name for entry in _visible(folder) if entry.is_dir())
    if not names:
        raise DataError(f"{folder}: has no class folders (one folder a class, its images inside)")
    return names


def _training_classes(folder: Path) -> list[str]:
    """Return the classes, each of which has a file: an empty last one would be left out in silence."""
    names = _class_names(folder)
    if empty := [name for name in names if not _visible(folder / name)]:
        raise DataError(f"{folder / empty[0]}: holds no images")
    return names


def _visible(folder: Path) -> list[Path]:
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise DataError(f"{folder}: cannot be read ({error.strerror})") from error


def _read(folder: Path, classes: list[str], style: Format) -> Part:
    """Read the images of one part, class by class: (examples, height, width, channels) bytes."""
    files = [(file, label) for label, name in enumerate(classes) for file in _files(folder / name)]
    if not files:
        raise DataError(f"{folder}: its class folders hold no images")
    height, width = style.size or _size(files[0][0])
    refuse_large(str(folder), len(files) * height * width * style.channels, style.memory_limit_gb)
    images = np.empty((len(files), height, width, style.channels), np.uint8)
    for index, (file, _) in enumerate(files):
        images[index] = _decoded(file, (height, width), style)
    return Part(images, np.array([label for _, label in files], np.int32))


def _files(folder: Path) -> list[Path]:
    if not folder.exists():  # a class without test images
        return []
    files = _visible(folder)
    for file in files:
        if file.is_dir():
            raise DataError(f"{file}: a folder where images are expected")
        checked_file(file)
    return files


@contextmanager
def _opened(file: Path) -> Iterator["ImageFile"]:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(file, formats=_FORMATS) as image:
            image.verify()  # the checksums of a PNG, which decoding does not look at
        with Image.open(file, formats=_FORMATS) as image:
            frames = getattr(image, "n_frames", 1)
            if frames > 1 and image.format != "MPO":  # a photograph with views of itself
                raise DataError(f"{file}: holds {frames} images; save one in a file")
            yield image
    except DataError:
        raise
    except UnidentifiedImageError as error:
        raise DataError(f"{file}: not a readable image; formats are {', '.join(_FORMATS)}") from error
    except Exception as error:  # of many kinds: each format's own reader is at work
        what = shortened(str(error)) or type(error).__name__
        raise DataError(f"{file}: not a readable image ({what})") from error


def _size(file: Path) -> tuple[int, int]:
    with _opened(file) as image:
        return image.height, image.width


def _decoded(file: Path, size: tuple[int, int], style: Format) -> npt.NDArray[np.uint8]:
    from PIL import Image

    height, width = size
    with _opened(file) as image:
        if image.mode[0] in "IF":  # which Pillow would clip to bytes
            raise DataError(f"{file}: has more than 8 bits a channel (mode {image.mode}); save it with 8")
        if style.size is None and image.size != (width, height):
            raise DataError(
                f"{file}: is {image.height}x{image.width}, where the first image is {height}x{width} "
                "(height x width); dataset.size=[HEIGHT,WIDTH] resizes them all"
            )
        refuse_large(str(file), image.height * image.width * len(image.getbands()), style.memory_limit_gb)
        pixels = image.convert(_MODES[style.channels])
        if image.size != (width, height):
            pixels = pixels.resize((width, height), Image.Resampling.BILINEAR)
        return np.asarray(pixels).reshape(height, width, style.channels)
