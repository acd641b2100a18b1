"""Stacks that a run may be trained in, or the reason why it cannot be stacked."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.config.schema import Settings
from runner.config.trust import is_of_the_user

# Modules that need TensorFlow are imported where they are used: the main process of a sweep needs none.
if TYPE_CHECKING:
    from runner.run.prepare import Prepared

_LARGEST = 64  # runs in a stack with device.stacked_seeds=auto
# For other layers, TensorFlow has no operation that uses different weights for each run.
_LAYERS = {
    *("InputLayer", "Flatten", "Reshape", "Rescaling", "Dense", "Activation", "Dropout"),
    *("ReLU", "LeakyReLU", "ELU", "Softmax", "BatchNormalization", "LayerNormalization", "Add", "Concatenate"),
}


@dataclass(frozen=True)
class Stackable:
    """The stacks that a run may be in."""

    key: str  # runs with the same key can be stacked
    largest: int | None  # number of runs in a stack; None: at most 64, spread over the workers
    reason: str | None = None  # reason why the run cannot be stacked

    def size(self, runs: int, workers: int) -> int:
        """Return the size of a stack if this number of runs has the key."""
        if self.reason:
            return 1
        return self.largest or max(1, min(_LARGEST, -(-runs // workers)))


def stackable(prepared: "Prepared") -> Stackable | None:
    """Return the stacks that a run may be in; None if stacking is off."""
    from runner.run.prepare import shared_key

    wanted = prepared.settings.device.stacked_seeds
    if wanted == 1 or (wanted == "auto" and prepared.device.kind != "gpu"):
        return None
    key = hashlib.sha256(json.dumps(shared_key(prepared), sort_keys=True).encode()).hexdigest()
    return Stackable(key, None if wanted == "auto" else wanted, obstacle(prepared))


def obstacle(prepared: "Prepared") -> str | None:
    """Return the first reason why a run cannot be stacked; None if it can be."""
    return next(_obstacles(prepared.settings, prepared.parts.model), None)


def _obstacles(settings: Settings, model: Any) -> Iterator[str]:
    """Yield the reasons why a run cannot be stacked."""
    for group in ("augmentation", "averaging", "diagnostics"):
        if getattr(settings, group):
            yield group
    parts = {"model": settings.model, "optimizer": settings.optimizer, "schedule": settings.schedule}
    for group in ("callbacks", "regularizer"):
        parts |= {f"{group}.{name}": part for name, part in getattr(settings, group).items()}
    yield from (f"{key}: your own class" for key, part in parts.items() if is_of_the_user(part.target))
    if (settings.optimizer.gradient_accumulation_steps or 1) > 1:
        yield "optimizer.gradient_accumulation_steps"
    if settings.device.precision != "float32":
        yield f"device.precision={settings.device.precision}"
    kinds = dict.fromkeys(type(layer).__name__ for layer in model.layers)
    yield from (f"{kind} layers" for kind in kinds if kind not in _LAYERS)
