"""Regularizers that are settings of the optimizer or of the loss, for which Keras has no class of their own."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WeightDecay:
    """Decoupled weight decay, which the optimizer applies to every weight beside its update."""

    weight_decay: float


@dataclass(frozen=True)
class LabelSmoothing:
    """A share of each target's probability that is spread evenly over all classes."""

    label_smoothing: float
