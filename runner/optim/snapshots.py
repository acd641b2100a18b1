"""Snapshot ensembles: several networks from one training run."""

from collections import deque
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

State = list[np.ndarray[Any, np.dtype[Any]]]  # a model's weights, as returned by get_weights


class Snapshots(keras.callbacks.Callback):
    """Callback that keeps the model's state at the end of every cycle.

    Args:
        every: length of a cycle in epochs.
        members: number of states to keep; the latest ones are kept.

    Source: Huang et al. 2017, "Snapshot ensembles: train 1, get M for free".
    """

    def __init__(self, every: int, members: int) -> None:
        super().__init__()
        if every < 1 or members < 2:
            raise ValueError("a snapshot ensemble needs every >= 1 epochs and members >= 2")
        self.every = every
        self.states: deque[State] = deque(maxlen=members)

    def on_epoch_end(self, epoch: int, *_: Any) -> None:
        """Keep the state at the end of a cycle."""
        if (epoch + 1) % self.every == 0:
            self.states.append(self.model.get_weights())


def ensemble_of(model: keras.Model, states: Sequence[State]) -> keras.Model:
    """Return an uncompiled model that averages the outputs of copies of `model` in the given states."""
    members = []
    for number, state in enumerate(states, start=1):
        member = keras.models.clone_model(model)
        member.name = f"snapshot_{number}"
        member.set_weights(state)
        members.append(member)
    inputs = keras.Input(model.input_shape[1:])
    return keras.Model(inputs, keras.layers.Average()([member(inputs) for member in members]), name="ensemble")
