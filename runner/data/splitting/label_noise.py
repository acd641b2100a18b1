"""Artificial label noise."""

from dataclasses import replace

import numpy as np

from runner.core.streams import Stream, seed_sequence
from runner.data.dataset import Part


def mislabel(part: Part, share: float, classes: int, seed: int) -> Part:
    """Replace a share of the labels with a different class, drawn uniformly (symmetric noise).

    Args:
        share: exactly round(share * examples) labels change; a larger share changes the same labels plus others.
        classes: number of classes.
        seed: seed of the draw.

    Source: Zhang et al. 2017, "Understanding deep learning requires rethinking generalization", sec. 2.1, where the
        drawn label may equal the original one.
    """
    generator = np.random.default_rng(seed_sequence(seed, Stream.LABEL_NOISE))
    others = (part.labels + generator.integers(1, classes, len(part))) % classes
    chosen = generator.permutation(len(part))[: round(share * len(part))]
    labels = part.labels.copy()
    labels[chosen] = others[chosen]
    return replace(part, labels=labels)
