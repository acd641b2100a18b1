from contextlib import nullcontext

import keras
import numpy as np
import pytest
import tensorflow as tf

from runner.engine.variables.base_rate import _SCALABLE, BaseRate

schedules = keras.optimizers.schedules
STEPS = 60
ODD = [  # values whose differences rounding does not hide; the factors of each schedule differ
    schedules.CosineDecay(0.0137, 41, alpha=0.07),
    schedules.CosineDecay(0.0137, 41, warmup_target=0.31, warmup_steps=7),
    schedules.CosineDecayRestarts(0.0137, 13, m_mul=0.83),
    schedules.ExponentialDecay(0.0137, 7, 0.93),
    schedules.InverseTimeDecay(0.0137, 7, 0.77, staircase=True),
    schedules.PolynomialDecay(0.0137, 17, 1e-5, power=1.7, cycle=True),
]


def rates(schedule, block):
    """Return the bits of the rates that a compiled loop reads from a schedule in the block."""

    @tf.function(autograph=False)
    def run():
        def step(number, read):
            with block:
                return number + 1, read.write(number, schedule(number))

        start = tf.constant(0), tf.TensorArray(tf.float32, STEPS)
        return tf.while_loop(lambda number, _: number < STEPS, step, start, parallel_iterations=1)[1].stack()

    return run().numpy().view(np.int32)


@pytest.mark.parametrize("schedule", ODD, ids=lambda schedule: type(schedule).__name__)
def test_a_rate_in_a_variable_gives_the_bits_of_a_constant_in_every_step(schedule):
    rate = BaseRate(keras.optimizers.SGD(schedule))
    np.testing.assert_array_equal(rates(schedule, rate.as_variable()), rates(schedule, nullcontext()))


def test_every_schedule_with_a_variable_rate_is_compared():
    assert {*_SCALABLE} <= {type(schedule) for schedule in ODD}
