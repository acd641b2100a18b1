"""Regularizers that Keras implements as settings of the optimizer or of the loss."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WeightDecay:
    """Decoupled weight decay, which the optimizer applies to every weight in addition to its update."""

    weight_decay: float


@dataclass(frozen=True)
class LabelSmoothing:
    """Label smoothing: a share of each target's probability is spread evenly over all classes."""

    label_smoothing: float
