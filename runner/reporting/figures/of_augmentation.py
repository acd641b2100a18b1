"""Figure of an augmentation: training images before and after."""

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from runner.reporting.figures.drawing.canvas import canvas
from runner.reporting.figures.drawing.images import Images, in_unit_range

_COLUMNS = 8
_WIDTH = 6.4  # width of the figure, in inches
_LABELS = 0.6  # width of the labels on the left, in inches
_HEADING = 0.4  # height of the title, in inches
_GAP = 0.08  # distance between images, as a share of an image's width


def augmentation_grid(before: Images, after: Images, title: str) -> Figure:
    """Draw images in rows of eight, each row with the augmented images below it.

    All images share one range of values, so that brightness can be compared. Single-channel images are drawn in
    greyscale, and images with three channels in RGB. For any other number, the mean over the channels is drawn in
    greyscale.

    Args:
        before: (images, height, width, channels), values in any range.
        after: images of the same shape.

    Raises:
        ValueError: if there are no images, or if the shapes differ.
    """
    if before.shape != after.shape or before.ndim != 4 or not before.size:
        raise ValueError(
            f"images {before.shape} and {after.shape}: must have the same shape (images, height, width, channels)"
        )
    both = np.stack([before, after])
    if (channels := before.shape[-1]) not in (1, 3):
        both = both.mean(axis=-1, keepdims=True)
        title = f"{title} (mean of {channels} channels)"
    shown = in_unit_range(both)
    height, width = before.shape[1:3]
    gap = max(1, round(_GAP * width))
    blocks = [_block(shown[:, start : start + _COLUMNS], gap) for start in range(0, len(before), _COLUMNS)]
    mosaic = np.concatenate(blocks)[: -2 * gap, :-gap]
    scale = (_WIDTH - _LABELS) / mosaic.shape[1]
    figure, axes = canvas(title, _WIDTH, _HEADING + scale * mosaic.shape[0])
    axes.imshow(mosaic)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.set_xticks([])
    starts = [block * len(blocks[0]) + row * (height + gap) for block in range(len(blocks)) for row in (0, 1)]
    axes.set_yticks([start + (height - 1) / 2 for start in starts], labels=["before", "after"] * len(blocks))
    axes.tick_params(length=0)
    return figure


def _block(pairs: npt.NDArray[np.float64], gap: int) -> npt.NDArray[np.float64]:
    """Tile RGB images (2, up to eight, height, width, 3) into two rows, with white gaps between and below."""
    missing = _COLUMNS - pairs.shape[1]
    padding = ((0, 0), (0, missing), (0, gap), (0, gap), (0, 0))
    rows = [np.concatenate(row, axis=1) for row in np.pad(pairs, padding, constant_values=1.0)]
    return np.pad(np.concatenate(rows), ((0, gap), (0, 0), (0, 0)), constant_values=1.0)
