"""From bytes to the numbers a network sees. What is computed is computed from the training part alone."""

from dataclasses import replace

import numpy as np

from runner.data.dataset import Images, Part, Split


def rescale(split: Split) -> Split:
    """Map bytes to [0, 1]: x / 255."""
    return _affine(split, mean=0.0, deviation=255.0)


def standardize(split: Split) -> Split:
    """Map to mean 0 and standard deviation 1 over all pixels of the training part.

    Raises:
        ValueError: if all training pixels are equal.
    """
    pixels = split.train.images
    deviation = float(np.std(pixels, dtype=np.float64))
    if deviation == 0:
        raise ValueError("all training pixels are equal: they cannot be standardized")
    return _affine(split, mean=float(np.mean(pixels, dtype=np.float64)), deviation=deviation)


def unchanged(split: Split) -> Split:
    """Keep the values, as float32."""
    return _affine(split, mean=0.0, deviation=1.0)


def _affine(split: Split, mean: float, deviation: float) -> Split:
    def mapped(images: Images) -> Images:
        # One pass into one new array; the same float32 operations as x.astype("float32") / 255.
        values = np.subtract(images, np.float32(mean), dtype=np.float32)
        return np.divide(values, np.float32(deviation), out=values)

    parts = {
        name: replace(part, images=mapped(part.images)) for name, part in vars(split).items() if isinstance(part, Part)
    }
    return replace(split, **parts)
