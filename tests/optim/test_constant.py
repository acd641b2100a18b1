import keras

from runner.optim.constant import constant


def test_a_constant_rate_is_a_number_that_callbacks_may_change():
    optimizer = keras.optimizers.SGD(constant(0.25))
    assert float(optimizer.learning_rate) == 0.25
    optimizer.learning_rate = 0.5
    assert float(optimizer.learning_rate) == 0.5
