import keras
import numpy as np
import pytest

from runner.data.dataset import Part
from runner.engine import evaluation
from runner.engine.evaluation import Evaluator, shortest
from tests.engine.conftest import eager


@pytest.mark.parametrize("examples", [7, 50, 83, 100], ids=["below a batch", "one batch", "and a rest", "two batches"])
def test_losses_metrics_and_probabilities_are_those_of_keras(digits, make_model, monkeypatch, examples):
    monkeypatch.setattr(evaluation, "BATCH_SIZE", 50)
    images, labels = (digits[0][:examples] / 255).astype(np.float32), digits[1][:examples]
    model = make_model(keras.optimizers.SGD(), dropout=0.5)
    evaluator = Evaluator(model, Part(images, labels))
    eager(model)
    assert evaluator.evaluate() == pytest.approx(model.evaluate(images, labels, verbose=0, return_dict=True), rel=1e-5)
    probabilities = evaluator.predict()
    np.testing.assert_allclose(probabilities, model.predict(images, verbose=0), rtol=1e-5, atol=1e-7)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(examples), rel=1e-5)


def test_float32_values_are_written_as_their_shortest_decimals():
    assert shortest({"accuracy": float(np.float32(0.908))}) == {"accuracy": 0.908}
    assert np.isnan(shortest({"loss": float("nan")})["loss"])


def test_a_metric_that_is_an_array_of_one_number_is_that_number():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=[keras.metrics.F1Score(threshold=0.5)])
    model.set_weights([np.array([[1.0], [0.0]]), np.zeros(1)])
    inputs = np.array([[1, 0], [1, 0], [-1, 0], [1, 0]], np.float32)  # predicted 1, 1, 0, 1
    labels = np.array([[1], [0], [1], [1]], np.float32)
    precision, recall = 2 / 3, 2 / 3
    expected = 2 * precision * recall / (precision + recall)
    assert Evaluator(model, Part(inputs, labels)).evaluate()["f1_score"] == pytest.approx(expected)
