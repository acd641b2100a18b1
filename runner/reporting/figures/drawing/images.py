"""Conversion of images to RGB for figures."""

import numpy as np
import numpy.typing as npt

Images = npt.NDArray[np.generic]


def in_unit_range(images: Images) -> npt.NDArray[np.float64]:
    """Return images (..., 1 or 3) as RGB, scaled together to [0, 1]."""
    values = images.astype(np.float64)
    lowest, highest = values.min(), values.max()
    scaled = (values - lowest) / (highest - lowest if highest > lowest else 1.0)
    return np.broadcast_to(scaled, (*scaled.shape[:-1], 3))
