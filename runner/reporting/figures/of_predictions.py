"""Figure of predictions: images in a grid, each with a caption below."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from runner.reporting.figures.drawing.appearance import TWO_COLUMNS
from runner.reporting.figures.drawing.canvas import canvas, wrapped
from runner.reporting.figures.drawing.images import Images, in_unit_range

_COLUMNS = 6
_HEADING = 0.4  # height of the title, in inches
_LINE = 0.13  # height of a line of text below an image, in inches
_LETTERS = 17  # characters in a line of text
_LINES = 2  # maximum number of lines into which a caption's line is wrapped
_GAP = 0.08  # distance between images, as a share of an image's width


def captioned_images(images: Sequence[Images], captions: Sequence[str], title: str) -> Figure:
    """Draw images in rows of six, each with a caption below.

    Each image is scaled to its own range of values. Single-channel images are drawn in greyscale, and images with three
    channels in RGB. For any other number, the mean over the channels is drawn in greyscale.

    Args:
        images: at least one image (height, width, channels); all have the same shape, and values in any range.
        captions: a caption of one or two lines for each image.
    """
    height, width, channels = images[0].shape
    texts = [_caption(caption) for caption in captions]
    rows = -(-len(images) // _COLUMNS)
    across = width * (1 + _GAP)  # pixels from one image to the next
    inches = TWO_COLUMNS / (_COLUMNS * across)  # inches per pixel
    down = height + (max(text.count("\n") for text in texts) + 2) * _LINE / inches
    figure, axes = canvas(title, TWO_COLUMNS, _HEADING + rows * down * inches)
    for number, (image, text) in enumerate(zip(images, texts, strict=True)):
        left, top = number % _COLUMNS * across, number // _COLUMNS * down
        colours = in_unit_range(image if channels in (1, 3) else image.mean(axis=-1, keepdims=True))
        axes.imshow(colours, extent=(left, left + width, top + height, top), interpolation="nearest")
        axes.text(left + width / 2, top + height + 0.04 / inches, text, ha="center", va="top", fontsize=7)
    axes.set_xlim(0, _COLUMNS * across)
    axes.set_ylim(rows * down, 0)
    axes.set_axis_off()
    return figure


def _caption(text: str) -> str:
    lines = (wrapped(line, _LETTERS).splitlines()[:_LINES] for line in text.splitlines())
    return "\n".join(line for parts in lines for line in parts)
