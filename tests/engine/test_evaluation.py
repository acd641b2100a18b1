import keras
import numpy as np
import pytest

from runner.data.dataset import Part
from runner.engine import evaluation
from runner.engine.evaluation import Evaluator, shortest


@pytest.mark.parametrize("examples", [7, 50, 83, 100], ids=["below a batch", "one batch", "and a rest", "two batches"])
def test_losses_metrics_and_probabilities_are_those_of_keras(digits, make_model, monkeypatch, examples):
    monkeypatch.setattr(evaluation, "_BATCH_SIZE", 50)
    images, labels = (digits[0][:examples] / 255).astype(np.float32), digits[1][:examples]
    model = make_model(keras.optimizers.SGD(), dropout=0.5)
    evaluator = Evaluator(model, Part(images, labels))
    assert evaluator.evaluate() == pytest.approx(model.evaluate(images, labels, verbose=0, return_dict=True), rel=1e-5)
    probabilities = evaluator.predict()
    np.testing.assert_allclose(probabilities, model.predict(images, verbose=0), rtol=1e-5, atol=1e-7)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(examples), rel=1e-5)


def test_float32_values_are_written_as_their_shortest_decimals():
    assert shortest({"accuracy": float(np.float32(0.908))}) == {"accuracy": 0.908}
    assert np.isnan(shortest({"loss": float("nan")})["loss"])
