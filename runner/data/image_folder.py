"""Image folders: one folder for each class."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError
from PIL.ImageFile import ImageFile

from runner.core.errors import ConfigError
from runner.core.paths import user_path
from runner.core.streams import Stream, seed_sequence
from runner.core.text import shortened
from runner.data.checks import checked_dataset, checked_file, refuse_large
from runner.data.dataset import VALIDATION_NAMES, DataError, Dataset, Part
from runner.data.splitting.strata import hold_out, stratified_order

_BACKGROUNDS = ("white", "black")
# EXIF orientations: upright, all others, and the others that exchange height and width.
_UPRIGHT, _TURNED, _ON_ITS_SIDE = 1, range(2, 9), range(5, 9)
_SIXTEEN_BITS = ";16"
_OPAQUE = 255
_ROUNDING = 16  # differences, out of 255, between the channels of a grayscale JPEG
_MODES = {1: "L", 3: "RGB"}  # Pillow's names
# Pillow reads more formats, some through other programs (EPS through Ghostscript, without a time limit).
_FORMATS = ("BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
_SYSTEMS_OWN = ("thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx")  # files that Windows and macOS create


@dataclass(frozen=True)
class Format:
    """The format to which every image is converted."""

    channels: int
    size: tuple[int, int] | None  # height, width
    background: str | None  # colour behind transparent pixels
    memory_limit_gb: float
    # Parts of the message about an image of a different size: the size to compare it with, and a remedy.
    others: str = "the first image is"
    remedy: str = "dataset.size=[HEIGHT,WIDTH] resizes them all"
    # Of the message about a transparent image.
    opaque: str = "dataset.background=white (or black) fills them"


def load_images(
    name: str,
    path: str,
    channels: int,
    size: Sequence[int] | None,
    test_size: float,
    data_seed: int,
    memory_limit_gb: float,
    background: str | None = None,
) -> Dataset:
    """Load the images below a folder; classes are numbered in alphabetical order of their folders.

    Args:
        path: folder of train/CLASS/ and test/CLASS/, or of CLASS/ alone. val/CLASS/ (or valid/, validation/) next
            to train/ is the validation part; then test/ may be missing. Case does not matter.
        channels: 1 (grayscale) or 3 (RGB).
        size: height and width to which images are resized; None requires equal sizes.
        test_size: share of the test part, if there is no test/.
        data_seed: seed of the test part and of the order of the training images, which the folders sort by class.
        memory_limit_gb: memory limit for the images of a part.
        background: white or black, behind transparent pixels; None rejects them.

    Raises:
        ConfigError: if channels, size or background are invalid.
        DataError: if there are no classes, an image cannot be read, is transparent or has the colour of the background,
            sizes differ, or the images are too large.
    """
    style = Format(channels, _checked_size(size), _checked_background(background), memory_limit_gb)
    if channels not in _MODES:
        raise ConfigError(f"dataset.channels={channels}: must be 1 (grayscale) or 3 (RGB)")
    root = user_path(path)
    folders = _part_folders(root)
    if "train" not in folders or len(folders) == 1:
        folders = {"train": root}
    classes = _training_classes(folders["train"])
    _refuse_odd_parts(folders, classes)
    parts: dict[str, Part] = {}
    done: Counter[str] = Counter()
    for part_name, folder in folders.items():
        parts[part_name], changes = _read(folder, classes, style)
        done += changes
    notes = _notes(root, done, sum(map(len, parts.values())))
    train, test = parts.pop("train"), parts.pop("test", None)
    if draws_test := test is None:
        train, test = hold_out(str(root), train, test_size, data_seed)
    else:
        order = stratified_order(train.labels, np.random.default_rng(seed_sequence(data_seed, Stream.TEST_PART)))
        train = Part(train.inputs[order], train.labels[order])
    named = [shortened(text) for text in classes]
    validation = next(iter(parts.values()), None)
    return checked_dataset(name, str(root), train, test, named, notes, validation, draws_test=draws_test)


def _refuse_odd_parts(folders: Mapping[str, Path], classes: Sequence[str]) -> None:
    """Raise DataError if a part has a class that the training part lacks, or there are two validation parts."""
    for folder in folders.values():
        if unknown := sorted(set(_class_names(folder)) - set(classes)):
            raise DataError(f"{folder / unknown[0]}: {folders['train']} has no such class")
    if len(for_validation := [folder for part, folder in folders.items() if part not in ("train", "test")]) > 1:
        raise DataError(f"{for_validation[0]}: {for_validation[1].name} exists too; keep one of them")


def read_image(
    path: Path, shape: Sequence[int], *, resize: bool, background: str | None, memory_limit_gb: float
) -> npt.NDArray[np.uint8]:
    """Read an image as `load_images` reads those of a data set: bytes of a given shape.

    Args:
        shape: height, width and channels (1 or 3).
        resize: resize an image of a different size; otherwise reject it.
        background, memory_limit_gb: as in `load_images`.

    Raises:
        ConfigError: if the background is invalid.
        DataError: if the image cannot be read, is transparent, or has a different size.
    """
    height, width, channels = shape
    style = Format(
        channels,
        (height, width) if resize else None,
        _checked_background(background),
        memory_limit_gb,
        others="the images of the run are",
        remedy="--resize resizes it",
        opaque="the images of the run have none; fill them first",
    )
    image, _ = _decoded(checked_file(path), (height, width), style)
    return image


def image_files(folder: Path) -> list[Path]:
    """Return the images below a folder, by the suffixes of their names, in the order of their paths.

    Raises:
        DataError: if a folder cannot be read.
    """
    Image.init()  # registers the suffixes
    suffixes = {suffix for suffix, kind in Image.registered_extensions().items() if kind in _FORMATS}
    found: list[Path] = []
    for entry in _visible(folder):
        if entry.is_dir() and not entry.is_symlink():
            found += image_files(entry)
        elif entry.suffix.lower() in suffixes:
            found.append(entry)
    return found


def _checked_background(background: str | None) -> str | None:
    if background not in (None, *_BACKGROUNDS):
        raise ConfigError(f"dataset.background={background}: must be null, {' or '.join(_BACKGROUNDS)}")
    return background


def _checked_size(size: Sequence[int] | None) -> tuple[int, int] | None:
    if size is None:
        return None
    if not isinstance(size, Sequence) or len(size) != 2 or not all(type(side) is int and side > 0 for side in size):
        raise ConfigError(f"dataset.size={size}: must be null or [height, width], whole numbers above 0")
    return size[0], size[1]


def _part_folders(root: Path) -> dict[str, Path]:
    """Return the folders of the parts, by their lower-case names: `Train` counts as `train`."""
    found: dict[str, Path] = {}
    there = [entry for entry in _visible(root) if entry.is_dir()]
    for name in ("train", "test", *VALIDATION_NAMES):
        for folder in there:
            if folder.name.lower() == name and found.setdefault(name, folder) is not folder:
                raise DataError(f"{folder}: {found[name].name} exists too; keep one of them")
    return found


def _class_names(folder: Path) -> list[str]:
    names = sorted(entry.name for entry in _visible(folder) if entry.is_dir())
    if not names:
        raise DataError(f"{folder}: has no class folders (one folder per class, with its images inside)")
    return names


def _training_classes(folder: Path) -> list[str]:
    """Return the classes; reject an empty class, which would be lost silently if it were the last."""
    names = _class_names(folder)
    if empty := [name for name in names if not _visible(folder / name)]:
        raise DataError(f"{folder / empty[0]}: contains no images")
    return names


def _visible(folder: Path) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise DataError(f"{folder}: cannot be read ({error.strerror})") from error
    return [entry for entry in entries if not entry.name.startswith(".") and entry.name.lower() not in _SYSTEMS_OWN]


def _read(folder: Path, classes: list[str], style: Format) -> tuple[Part, Counter[str]]:
    """Read the images of one part, class by class: (examples, height, width, channels) bytes.

    Returns:
        the part, and the number of changed images by the kind of change.
    """
    files = [(file, label) for label, name in enumerate(classes) for file in _files(folder / name)]
    if not files:
        raise DataError(f"{folder}: its class folders contain no images")
    height, width = style.size or _size(files[0][0])
    refuse_large(str(folder), len(files) * height * width * style.channels, style.memory_limit_gb)
    images = np.empty((len(files), height, width, style.channels), np.uint8)
    done: Counter[str] = Counter()
    for index, (file, _) in enumerate(files):
        images[index], changes = _decoded(file, (height, width), style)
        done.update(changes)
    return Part(images, np.array([label for _, label in files], np.int32)), done


def _notes(root: Path, done: Mapping[str, int], images: int) -> list[str]:
    return [f"dataset: {what} ({count} of {images} in {root})." for what, count in done.items()]


def _files(folder: Path) -> list[Path]:
    if not folder.exists():  # the class has no test images
        return []
    files = _visible(folder)
    for file in files:
        if file.is_dir():
            raise DataError(f"{file}: is a folder; images are expected here")
        checked_file(file)
    return files


@contextmanager
def _opened(file: Path) -> Iterator[ImageFile]:
    try:
        with Image.open(file, formats=_FORMATS) as image:
            image.verify()  # a PNG's checksums, which decoding ignores
        with Image.open(file, formats=_FORMATS) as image:
            frames = getattr(image, "n_frames", 1)
            if frames > 1 and image.format != "MPO":  # an MPO is a photograph with previews
                raise DataError(f"{file}: contains {frames} images; save each in its own file")
            yield image
    except DataError:
        raise
    except UnidentifiedImageError as error:
        raise DataError(f"{file}: not a readable image; supported formats are {', '.join(_FORMATS)}") from error
    except Exception as error:  # the readers of the formats raise many types of exception
        what = shortened(str(error)) or type(error).__name__
        raise DataError(f"{file}: not a readable image ({what})") from error


def _size(file: Path) -> tuple[int, int]:
    with _opened(file) as image:
        return (image.width, image.height) if _orientation(image) in _ON_ITS_SIDE else (image.height, image.width)


def _orientation(image: Image.Image) -> int:
    return int(image.getexif().get(ExifTags.Base.Orientation, _UPRIGHT))


def _decoded(file: Path, size: tuple[int, int], style: Format) -> tuple[npt.NDArray[np.uint8], list[str]]:
    """Return one image as bytes, and notes on changes to it."""
    height, width = size
    with _opened(file) as opened:
        # Pillow reads only the upper 8 bits of each colour; only the raw mode shows that there were more.
        if opened.mode[0] in "IF" or any(_SIXTEEN_BITS in str(tile) for tile in opened.tile):
            raise DataError(f"{file}: has more than 8 bits per channel (mode {opened.mode}); save it with 8")
        refuse_large(str(file), opened.height * opened.width * len(opened.getbands()), style.memory_limit_gb)
        is_turned = _orientation(opened) in _TURNED
        done = ["images are rotated as their EXIF orientation specifies"] if is_turned else []
        image = ImageOps.exif_transpose(opened)
        if style.size is None and image.size != (width, height):
            raise DataError(
                f"{file}: is {image.height}x{image.width}, but {style.others} {height}x{width} "
                f"(height x width); {style.remedy}"
            )
        image = _opaque(file, image, style)
        pixels = image.convert(_MODES[style.channels])
        if style.channels == 1 and _is_coloured(image):
            done.append("colour images are converted to grayscale; dataset.channels=3 keeps the colours")
        if image.size != (width, height):
            pixels = pixels.resize((width, height), Image.Resampling.BILINEAR)
        return np.asarray(pixels).reshape(height, width, style.channels), done


def _opaque(file: Path, image: Image.Image, style: Format) -> Image.Image:
    """Return an image without transparency, because the colour under transparent pixels is often black."""
    if not image.has_transparency_data:
        return image
    layered = image.convert("RGBA")
    lowest, highest = layered.getchannel("A").getextrema()
    if lowest == _OPAQUE:
        return layered.convert("RGB")
    if style.background is None:
        raise DataError(f"{file}: has transparent pixels; {style.opaque}")
    ground = Image.new("RGBA", layered.size, style.background)
    laid = Image.alpha_composite(ground, layered)
    if highest and laid.getextrema() == ground.getextrema():
        (other,) = {*_BACKGROUNDS} - {style.background}
        raise DataError(
            f"{file}: is blank on dataset.background={style.background}, the colour of all its visible pixels; "
            f"choose {other}"
        )
    return laid.convert("RGB")


def _is_coloured(image: Image.Image) -> bool:
    """Return whether the channels of an image differ by more than a lossy format's rounding."""
    if image.mode in ("1", "L"):
        return False
    channels = np.asarray(image.convert("RGB")).astype(np.int16)
    return int(np.ptp(channels, axis=2).max()) > _ROUNDING
