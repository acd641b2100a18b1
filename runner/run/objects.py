"""Python objects of a run that no configuration describes."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.config.overrides import Override
from runner.core.errors import ConfigError, UserError
from runner.records.record import RunRecord
from runner.run.request import Request

if TYPE_CHECKING:
    from keras import Model
    from keras.callbacks import Callback
    from keras.optimizers import Optimizer

# The groups that an object replaces, and the overrides that switch off their defaults.
REPLACED = {
    "model": ("model", "initializer", "normalization"),
    "optimizer": ("optimizer", "schedule", "clipping"),
}
NEUTRAL = {
    "model": ("normalization=none", "regularizer=[]"),
    "optimizer": ("schedule=constant", "clipping=none"),
}


@dataclass(frozen=True)
class Objects:
    """Python objects that replace configured parts; callbacks are added to the configured ones."""

    callbacks: Sequence["Callback"] = ()
    model: "Model | None" = None  # it keeps its weights
    optimizer: "Optimizer | None" = None

    @property
    def names(self) -> dict[str, str]:
        """Names of the objects' classes, by kind: `{"callbacks": "Stopper, Logger", "model": "Sequential"}`."""
        given = {"callbacks": self.callbacks, "model": [self.model], "optimizer": [self.optimizer]}
        classes = {kind: [type(one).__name__ for one in objects if one is not None] for kind, objects in given.items()}
        return {kind: ", ".join(names) for kind, names in classes.items() if names}

    def neutral(self, overrides: Sequence[str]) -> list[str]:
        """Return overrides that switch off the defaults replaced by an object, except in groups that the user sets."""
        given = {Override.parse(override).section for override in overrides}
        neutral = [Override.parse(text) for kind in self.names for text in NEUTRAL.get(kind, ())]
        return [f"{one.key}={one.value}" for one in neutral if one.section not in given]

    def refuse_replaced(self, overrides: Sequence[str]) -> None:
        """Raise ConfigError if an override sets a part that an object replaces."""
        for kind in self.names:
            for override in overrides:
                if Override.parse(override).section in REPLACED.get(kind, ()):
                    raise ConfigError(f"{override}: has no effect, because the {kind} is a Python object; set it there")

    def of(self, request: Request) -> Request:
        """Return the request with the objects in its choices and in the variant's name."""
        classes = {kind: f"{name} (Python object)" for kind, name in self.names.items() if kind in REPLACED}
        neutral = {text for texts in NEUTRAL.values() for text in texts}
        asked = [text for text in request.overrides if text not in neutral and not text.startswith("seed=")]
        named = [f"{kind}={name}" for kind, name in self.names.items()]
        label = f"{','.join(asked) or 'run'} with {', '.join(named)}"
        return replace(request, choices=request.choices | classes, variant=label)

    def marked(self, record: RunRecord) -> RunRecord:
        """Return the record with the objects' classes, and an id that no other run has."""
        return replace(record, run_id=secrets.token_hex(6), objects=self.names)

    def written(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return the configuration for config.yaml, with class names in place of the parts that the objects replace."""
        replaced = {kind: {"python_object": name} for kind, name in self.names.items() if kind in REPLACED}
        return {**config, **replaced, "python_objects": self.names}


def refuse_objects(record: RunRecord, path: Path, what: str) -> None:
    """Raise UserError if a run used Python objects, because its record then does not describe all of it.

    Args:
        path: the run's directory.
        what: participle for the message, such as "resumed" in "cannot be resumed".
    """
    if record.objects:
        named = "; ".join(f"{kind}: {names}" for kind, names in record.objects.items())
        raise UserError(
            f"{path}: cannot be {what}: it used Python objects that its record does not contain ({named}); "
            "train it again with the script that made them"
        )
