"""Every schedule of `conf/` compared with its closed form, with the file's own lengths: 20 epochs of 10 steps each."""

from collections.abc import Callable
from math import cos, floor, pi, sqrt
from types import SimpleNamespace
from typing import Any

import keras
import pytest
import tensorflow as tf

from runner.config.lengths import in_steps
from runner.core.paths import conf_directory
from runner.optim.schedules import Noam, OneCycle, multi_step, piecewise, warmup_cosine
from runner.run.instantiate import make
from tests.composed import settings

OPTIONS = sorted(path.stem for path in conf_directory().glob("schedule/*.yaml"))

RATE = 0.5
EPOCHS, STEPS_PER_EPOCH = 20, 10
STEPS = EPOCHS * STEPS_PER_EPOCH

# Both ends, the middle, each boundary of a file with its neighbours, and a step beyond the end.
CHOSEN = [0, 1, 4, 5, 6, 9, 10, 11, 49, 50, 51, 58, 59, 60, 99, 100, 101, 149, 150, 151, 198, 199, 200, 201, 400]


def wave(share: float) -> float:
    """Half a cosine wave from 1 to 0."""
    return (1 + cos(pi * min(share, 1))) / 2


def one_cycle(t: int) -> float:
    """From 1/25 at step 0 to 1 at step 0.3 * 200 - 1 = 59, then to 1/250,000 at step 199."""
    if t <= 59:
        return 1 - (1 - 0.04) * wave(t / 59)
    return 0.000004 + (1 - 0.000004) * wave((t - 59) / 140)


# The rate at step t, as a multiple of the base rate.
CLOSED_FORMS: dict[str, Callable[[int], float]] = {
    "constant": lambda t: 1,
    "exponential": lambda t: 0.9 ** (t / 10_000),
    "step": lambda t: 0.1 ** floor(t / 50),
    "multi_step": lambda t: 1 if t < 100 else 0.1 if t < 150 else 0.01,
    "per_epoch_decay": lambda t: 0.9 ** floor(t / 10),
    "inverse_time": lambda t: 50 / (50 + t),
    "polynomial": lambda t: max(200 - t, 0) / 200,
    "cosine": lambda t: wave(t / 200),
    "cosine_restarts": lambda t: wave(t % 50 / 50),
    "warmup_cosine": lambda t: t / 5 if t < 5 else wave((t - 5) / 195),
    "one_cycle": one_cycle,
    "piecewise": lambda t: 0.1 if t < 10 else 1 if t < 100 else 0.1 if t < 150 else 0.01,
    "noam": lambda t: min(sqrt(10 / (t + 1)), (t + 1) / 10),
    "range_test": lambda t: 0.01 + (100 - 0.01) * min(t / 200, 1),
}

# Sets the rate between epochs, so it has no rate for each step; a separate test covers it.
CALLBACK = "reduce_on_plateau"


def schedule(option: str, *overrides: str) -> Any:
    """The schedule or the constant rate that an optimizer gets."""
    given = settings(f"schedule={option}", *overrides).schedule.spec()
    spec = {key: given[key] if key[0] == "_" else in_steps(key, given[key], STEPS_PER_EPOCH, EPOCHS) for key in given}
    return make("schedule", spec, initial_learning_rate=RATE)


def rate_in_graph(chosen: Any, integer: str) -> Callable[[int], float]:
    """Return the rate that an optimizer uses inside a compiled function, at a step of this integer type."""
    optimizer = keras.optimizers.SGD(chosen)

    @tf.function(input_signature=[tf.TensorSpec((), integer)])
    def rate(step):
        return chosen(step) if callable(chosen) else optimizer.learning_rate

    return lambda step: float(rate(tf.constant(step, integer)))


def test_every_option_has_its_closed_form():
    assert sorted([*CLOSED_FORMS, CALLBACK]) == OPTIONS


def as_expected(option: str, steps: list[int]) -> Any:
    """The closed form to float32's precision; near 0, to the precision of the two rates that are subtracted."""
    rates = [RATE * CLOSED_FORMS[option](step) for step in steps]
    return pytest.approx(rates, rel=1e-5, abs=1e-7 * max(rates))


@pytest.mark.parametrize("option", CLOSED_FORMS)
def test_the_rate_is_the_closed_form_of_the_step(option):
    chosen = schedule(option)
    assert [float(chosen(step)) if callable(chosen) else chosen for step in CHOSEN] == as_expected(option, CHOSEN)


@pytest.mark.parametrize("integer", ["int32", "int64"])
@pytest.mark.parametrize("option", CLOSED_FORMS)
def test_a_compiled_step_has_the_same_rate_at_every_step(option, integer):
    rate = rate_in_graph(schedule(option), integer)
    steps = list(range(STEPS + 20))
    assert [rate(step) for step in steps] == as_expected(option, steps)


def test_step_is_the_example_in_pytorchs_documentation_of_step_lr():
    """StepLR(lr=0.05, step_size=30, gamma=0.1)."""
    step = schedule("step", "schedule.decay_steps=30")
    rates = {epoch: float(step(epoch)) / RATE * 0.05 for epoch in (0, 29, 30, 59, 60, 89)}
    assert rates == pytest.approx({0: 0.05, 29: 0.05, 30: 0.005, 59: 0.005, 60: 0.0005, 89: 0.0005}, rel=1e-5)


def test_multi_step_is_the_example_in_pytorchs_documentation_of_multi_step_lr():
    """MultiStepLR(lr=0.05, milestones=[30, 80], gamma=0.1)."""
    rate = multi_step(0.05, [30, 80], gamma=0.1)
    rates = {epoch: float(rate(epoch)) for epoch in (0, 29, 30, 79, 80, 99)}
    assert rates == pytest.approx({0: 0.05, 29: 0.05, 30: 0.005, 79: 0.005, 80: 0.0005, 99: 0.0005}, rel=1e-5)


def test_one_cycle_is_the_cosine_case_of_pytorchs_own_tests():
    """OneCycleLR(max_lr=25, total_steps=10, final_div_factor=2), to four places."""
    rate = OneCycle(25.0, decay_steps=10, final_div_factor=2.0)
    expected = [1, 13, 25, 23.7869, 20.3878, 15.4759, 10.0241, 5.1122, 1.7131, 0.5]
    assert [float(rate(step)) for step in range(10)] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 10])
def test_one_cycle_ends_at_its_lowest_rate_however_short_the_training(steps):
    rate = OneCycle(0.5, decay_steps=steps)
    assert [float(rate(step)) for step in (steps - 1, steps + 5)] == pytest.approx([0.5 / 25 / 1e4] * 2, rel=0.05)


def test_warmup_cosine_ends_at_its_share_of_the_base_rate():
    rate = warmup_cosine(0.5, warmup_steps=10, decay_steps=40, alpha=0.1)
    assert [float(rate(step)) for step in (10, 25, 40, 41)] == pytest.approx([0.5, 0.275, 0.05, 0.05], rel=1e-5)


def test_reduce_on_plateau_halves_the_rate_after_three_epochs_without_progress_down_to_its_least():
    optimizer = keras.optimizers.SGD(0.0005)
    spec = settings(f"schedule={CALLBACK}", "schedule.min_lr=0.0001").schedule.spec()
    callback = make("schedule", spec)
    callback.set_model(SimpleNamespace(optimizer=optimizer, metrics=[]))
    callback.on_train_begin()
    rates = []
    for epoch, loss in enumerate([0.6, 0.5, 0.5, 0.6, 0.7, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4]):
        callback.on_epoch_end(epoch, {"val_loss": loss})
        rates.append(float(optimizer.learning_rate))
    assert rates == pytest.approx([0.0005] * 4 + [0.00025] * 4 + [0.000125] * 3 + [0.0001] * 4)


@pytest.mark.parametrize("rate", [OneCycle(0.5, 30, 0.4, 10.0, 100.0), Noam(0.5, 7)])
def test_a_schedule_of_ours_is_made_again_from_its_configuration(rate):
    again = type(rate).from_config(rate.get_config())
    assert [float(again(step)) for step in range(30)] == [float(rate(step)) for step in range(30)]


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: multi_step(0.5, [20, 10], 0.1), r"boundaries=\[20, 10\] \(in steps\): must be increasing"),
        (lambda: multi_step(0.5, [10, 10], 0.1), r"boundaries=\[10, 10\]"),
        (lambda: multi_step(0.5, [], 0.1), r"boundaries=\[\]"),
        (lambda: piecewise(0.5, [0, 10], [1.0, 0.5, 0.1]), r"boundaries=\[0, 10\].* and at least 1"),
        (lambda: piecewise(0.5, [10, 20], [1.0, 0.5]), r"factors=\[1\.0, 0\.5\]: must have 3 items"),
        (lambda: warmup_cosine(0.5, 200, 200), r"warmup_steps=200: must be below decay_steps=200"),
        (lambda: OneCycle(0.5, 100, pct_start=1.0), r"pct_start=1\.0: must be above 0 and below 1"),
        (lambda: OneCycle(0.5, 100, pct_start=0.0), r"pct_start=0\.0"),
        (lambda: OneCycle(0.5, 100, div_factor=0.0), r"div_factor=0\.0"),
        (lambda: OneCycle(0.5, 100, final_div_factor=-1.0), r"final_div_factor=-1\.0"),
        (lambda: Noam(0.5, 0), r"warmup_steps=0: must be at least 1"),
    ],
)
def test_lengths_and_shares_that_make_no_sense_are_refused(build, said):
    with pytest.raises(ValueError, match=said):
        build()
