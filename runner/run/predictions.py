"""Predictions of a finished run's network for new examples, and the most confident errors among them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from runner.core.errors import UserError
from runner.core.text import printable
from runner.data.new_examples import NewExamples
from runner.engine.model_files.inference import predict
from runner.run.trained import Trained

_AT_ONCE = 1000  # number of examples that are predicted together
_MOST_ERRORS = 24


@dataclass(frozen=True)
class Prediction:
    """The prediction for one example."""

    file: Path
    example: npt.NDArray[Any]  # the raw example
    probabilities: npt.NDArray[np.float32]  # (classes,)
    classes: tuple[str, ...]
    true_class: str | None  # None: unknown

    @property
    def predicted_class(self) -> str:
        """The name of the most probable class."""
        return self.classes[int(self.probabilities.argmax())]

    @property
    def confidence(self) -> float:
        """The probability of the predicted class."""
        return float(self.probabilities.max())

    @property
    def row(self) -> dict[str, Any]:
        """The row of the output: file, prediction, and a probability for each class."""
        shares = zip(columns(self.classes)[2:], self.probabilities, strict=True)
        return {"file": str(self.file), "prediction": self.predicted_class} | {
            name: float(str(share))
            for name, share in shares  # the shortest decimals of a float32
        }


def columns(classes: Iterable[str]) -> list[str]:
    """Return the columns of the output."""
    return ["file", "prediction", *(f"probability_{printable(name)}" for name in classes)]


def predictions(trained: Trained, examples: Iterable[NewExamples]) -> Iterator[list[Prediction]]:
    """Yield the predictions for the examples of files, in order; they are computed in batches.

    Raises:
        UserError: if the network predicts NaN or infinity, as it does if its training diverged.
    """
    waiting: list[NewExamples] = []
    for more in examples:
        waiting.append(more)
        if sum(len(one.inputs) for one in waiting) >= _AT_ONCE:
            yield _predicted(trained, waiting)
            waiting = []
    if waiting:
        yield _predicted(trained, waiting)


def _predicted(trained: Trained, waiting: list[NewExamples]) -> list[Prediction]:
    inputs = np.concatenate([examples.inputs for examples in waiting])
    probabilities = predict(trained.model, inputs)
    if not np.isfinite(probabilities).all():
        raise UserError("the network predicts NaN or infinity; did its training diverge?")
    places = [(one.file, true_class) for one in waiting for true_class in one.classes]
    return [
        Prediction(file, example, own, trained.inference.classes, true_class)
        for (file, true_class), example, own in zip(places, inputs, probabilities, strict=True)
    ]


@dataclass
class Errors:
    """Number of errors among the examples whose class is known, and the most confident errors."""

    known: int = 0
    wrong: int = 0
    most_confident: list[Prediction] = field(default_factory=list)

    def add(self, made: Iterable[Prediction]) -> None:
        """Count the errors among predictions."""
        judged = [prediction for prediction in made if prediction.true_class is not None]
        errors = [prediction for prediction in judged if prediction.predicted_class != prediction.true_class]
        self.known += len(judged)
        self.wrong += len(errors)
        every = sorted([*self.most_confident, *errors], key=lambda error: -error.confidence)
        self.most_confident = every[:_MOST_ERRORS]
