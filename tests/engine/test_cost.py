import keras

from runner.engine.cost import flops_per_example
from runner.models.cnn import cnn
from runner.models.hidden import Hidden


def test_flops_are_two_a_weight_in_dense_and_in_convolution_layers():
    hidden = Hidden(keras.initializers.GlorotUniform())
    model = cnn((28, 28, 1), 10, hidden, filters=[4], kernel_size=5, dense_units=[16], activation="relu")
    multiplications = 24 * 24 * 25 * 4 + 12 * 12 * 4 * 16 + 16 * 10
    # Biases, pooling and activations also count, but are small in comparison.
    assert 2 * multiplications < flops_per_example(model) < 2.2 * multiplications
