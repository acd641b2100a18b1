from pathlib import Path

import keras
import numpy as np
import pytest

from runner.core.errors import UserError
from runner.data.inference import Inference
from runner.data.new_examples import NewExamples
from runner.data.preprocessing import Unchanged
from runner.engine.model_files.inference import inference_model
from runner.run.predictions import Errors, columns, predictions
from runner.run.trained import Trained

CLASSES = ("low", "high")


@pytest.fixture(scope="module")
def trained() -> Trained:
    """A network that decides confidently whether a number is above 0."""
    dense = keras.layers.Dense(2, "softmax")
    network = keras.Sequential([keras.Input((1,)), dense])
    dense.set_weights([np.array([[-1.0, 1.0]]), np.zeros(2)])
    inference = Inference((1,), "float32", Unchanged(), CLASSES)
    return Trained(inference_model(network, inference), inference)


def examples(name, *numbers, classes=None):
    inputs = np.array(numbers, np.float32)[:, np.newaxis]
    return NewExamples(Path(name), inputs, classes or [None] * len(numbers))


def test_rows_are_in_the_order_given_with_a_probability_for_each_class(trained):
    given = [examples("b.csv", 1, -2), examples("a.csv", 3)]
    rows = [one.row for made in predictions(trained, given) for one in made]
    assert [(row["file"], row["prediction"]) for row in rows] == [
        ("b.csv", "high"),
        ("b.csv", "low"),
        ("a.csv", "high"),
    ]
    assert list(rows[0]) == columns(CLASSES) == ["file", "prediction", "probability_low", "probability_high"]
    assert rows[1]["probability_low"] == pytest.approx(1 / (1 + np.exp(-4)))


def test_many_examples_come_in_several_parts_with_none_lost(trained):
    numbers = np.linspace(-1, 1, 701)
    parts = list(predictions(trained, (examples(f"{n}", *numbers) for n in range(4))))
    assert [len(part) for part in parts] == [1402, 1402]
    assert {one.file.name for part in parts for one in part} == {"0", "1", "2", "3"}


def test_a_network_that_gives_no_numbers_is_an_error(trained):
    with pytest.raises(UserError, match="NaN or infinity; did its training diverge"):
        list(predictions(trained, [examples("a", np.nan)]))


def test_errors_are_counted_among_known_classes_and_the_most_confident_are_kept(trained):
    numbers = [*range(1, 31), -5, -6, 7]
    classes = ["low"] * 30 + ["low", None, None]
    errors = Errors()
    for made in predictions(trained, [examples("a", *numbers, classes=classes)]):
        errors.add(made)
    assert (errors.known, errors.wrong, len(errors.most_confident)) == (31, 30, 24)
    confidences = [error.confidence for error in errors.most_confident]
    assert confidences == sorted(confidences, reverse=True)
    assert errors.most_confident[0].true_class == "low"
    assert errors.most_confident[0].predicted_class == "high"
