"""Every optimizer of `conf/` compared with its paper's rule, as a closed form in NumPy over all gradients so far.

Keras computes in float64 here, so that even the position of epsilon makes a difference.
"""

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import pytest

from runner.core.paths import conf_directory
from runner.run.instantiate import make
from tests.composed import settings

Array = np.ndarray
Rule = Callable[[dict[str, Any], list[Array], Array], Array]

OPTIONS = sorted(path.stem for path in conf_directory().glob("optimizer/*.yaml"))

# Gradients of very different sizes, so that the momentum can outweigh a gradient of the opposite sign.
SCALES = (3.0, 0.1, 1.0)


@pytest.fixture(autouse=True)
def _in_double_precision() -> Iterator[None]:
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx("float32")


def running_mean(values: list[Array], decay: float) -> Array:
    """(1 - decay) sum decay^(t - i) x_i: the result of x <- decay x + (1 - decay) x_i, from 0."""
    return (1 - decay) * discounted(values, decay)


def discounted(values: list[Array], decay: float) -> Array:
    return sum(decay**age * value for age, value in enumerate(reversed(values)))


def gradient_step(options, gradients, weights):
    return gradients[-1]


def momentum_step(options, gradients, weights):
    return discounted(gradients, options["momentum"])


def nesterov_step(options, gradients, weights):
    """The step of theta + beta v, where Sutskever's rule evaluates gradients; v <- beta v - eta g moves theta."""
    assert options["nesterov"]
    beta = options["momentum"]
    velocity = discounted(gradients, beta)
    earlier = discounted(gradients[:-1], beta) if gradients[:-1] else 0.0
    return velocity + beta * (velocity - earlier)


def adagrad_step(options, gradients, weights):
    total = options["initial_accumulator_value"] + sum(np.square(gradients))
    return gradients[-1] / np.sqrt(total + options["epsilon"])


def adadelta_step(options, gradients, weights):
    steps: list[Array] = []
    for t, gradient in enumerate(gradients, start=1):
        seen = running_mean([g**2 for g in gradients[:t]], options["rho"])
        moved = running_mean([step**2 for step in steps], options["rho"]) if steps else 0.0
        steps.append(gradient * np.sqrt((moved + options["epsilon"]) / (seen + options["epsilon"])))
    return steps[-1]


def rmsprop_step(options, gradients, weights):
    mean_square = running_mean([g**2 for g in gradients], options["rho"])
    return gradients[-1] / np.sqrt(mean_square + options["epsilon"])


def adam_step(options, gradients, weights):
    """Kingma & Ba's section 2: epsilon is added to the root before its correction."""
    t, beta_1, beta_2 = len(gradients), options["beta_1"], options["beta_2"]
    mean, mean_square = running_mean(gradients, beta_1), running_mean([g**2 for g in gradients], beta_2)
    correction = np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    return correction * mean / (np.sqrt(mean_square) + options["epsilon"])


def adamax_step(options, gradients, weights):
    mean = running_mean(gradients, options["beta_1"]) / (1 - options["beta_1"] ** len(gradients))
    aged = [options["beta_2"] ** age * np.abs(g) for age, g in enumerate(reversed(gradients))]
    return mean / (np.max(aged, axis=0) + options["epsilon"])


def nadam_step(options, gradients, weights):
    t, beta_1, beta_2 = len(gradients), options["beta_1"], options["beta_2"]
    momenta = [beta_1 * (1 - 0.5 * 0.96**i) for i in range(1, t + 2)]
    mean = running_mean(gradients, beta_1)
    ahead = momenta[t] * mean / (1 - np.prod(momenta)) + (1 - momenta[t - 1]) * gradients[-1] / (
        1 - np.prod(momenta[:t])
    )
    mean_square = running_mean([g**2 for g in gradients], beta_2) / (1 - beta_2**t)
    return ahead / (np.sqrt(mean_square) + options["epsilon"])


def lion_step(options, gradients, weights):
    momentum = running_mean(gradients[:-1], options["beta_2"]) if gradients[:-1] else 0.0
    return np.sign(options["beta_1"] * momentum + (1 - options["beta_1"]) * gradients[-1])


def lamb_step(options, gradients, weights):
    """Algorithm 1 of Adam (epsilon after the correction), scaled to the norm of the weights."""
    t, beta_1, beta_2 = len(gradients), options["beta_1"], options["beta_2"]
    mean = running_mean(gradients, beta_1) / (1 - beta_1**t)
    mean_square = running_mean([g**2 for g in gradients], beta_2) / (1 - beta_2**t)
    step = mean / (np.sqrt(mean_square) + options["epsilon"])
    return step * np.linalg.norm(weights) / np.linalg.norm(step) if weights.any() else step


def muon_step(options, gradients, weights):
    """The iteration changes only the singular values: s <- 3.4445 s - 4.7750 s^3 + 2.0315 s^5, repeatedly."""
    if weights.ndim != 2:
        return adam_step(as_adamw(options), gradients, weights)
    assert options["nesterov"]
    momentum = discounted(gradients, options["momentum"])
    left, values, right = np.linalg.svd(gradients[-1] + options["momentum"] * momentum, full_matrices=False)
    values = values / (np.linalg.norm(values) + 1e-7)
    for _ in range(options["ns_steps"]):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    return options["rms_rate"] * np.sqrt(max(weights.shape)) * (left * values) @ right


def as_adamw(options: dict[str, Any]) -> dict[str, Any]:
    """Muon's options under AdamW's names."""
    names = {"adam_beta_1": "beta_1", "adam_beta_2": "beta_2", "adam_weight_decay": "weight_decay"}
    shared = {name: options[name] for name in ("learning_rate", "epsilon")}
    return shared | {name: options[ours] for ours, name in names.items()}


RULES: dict[str, Rule] = {
    "gradient_descent": gradient_step,
    "sgd": gradient_step,
    "momentum": momentum_step,
    "nesterov": nesterov_step,
    "adagrad": adagrad_step,
    "adadelta": adadelta_step,
    "rmsprop": rmsprop_step,
    "adam": adam_step,
    "adamax": adamax_step,
    "nadam": nadam_step,
    "adamw": adam_step,
    "lion": lion_step,
    "lamb": lamb_step,
    "muon": muon_step,
}


def options_of(option: str, *overrides: str) -> dict[str, Any]:
    """Return the file's options, rounded to float32, because Keras converts some of them."""
    given = settings(f"optimizer={option}", *overrides).optimizer.spec()
    return {key: float(np.float32(value)) if isinstance(value, float) else value for key, value in given.items()}


def weights_and_gradients() -> tuple[list[Array], list[list[Array]]]:
    """A kernel and a zero bias, and their gradients in each of three steps."""
    generator = np.random.default_rng(5)
    kernel = generator.normal(size=(4, 3))
    gradients = [[scale * generator.normal(size=shape) for shape in ((4, 3), (3,))] for scale in SCALES]
    return [kernel, np.zeros(3)], gradients


def by_keras(options: dict[str, Any], layer: str) -> list[list[Array]]:
    """Return kernel and bias of a layer after each of Keras's steps."""
    start, gradients = weights_and_gradients()
    dense = keras.layers.Dense(3, name=layer, dtype="float64")
    dense.build((None, 4))
    dense.set_weights(start)
    optimizer = make("optimizer", options)
    after = []
    for step in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient) for gradient in step], dense.trainable_variables)
        after.append([np.array(weight) for weight in dense.get_weights()])
    return after


def by_rule(rule: Rule, options: dict[str, Any], decay: str = "weight_decay") -> list[list[Array]]:
    """Return kernel and bias after each step of a rule, with decay by learning rate times weight decay."""
    weights, gradients = weights_and_gradients()
    rate = options["learning_rate"]
    after = []
    for t in range(1, len(gradients) + 1):
        for index, weight in enumerate(weights):
            decayed = weight * (1 - rate * options.get(decay, 0.0))
            weights[index] = decayed - rate * rule(options, [step[index] for step in gradients[:t]], decayed)
        after.append(list(weights))
    return after


def assert_same_way(found: list[list[Array]], expected: list[list[Array]], tolerance: float = 1e-9) -> None:
    """Compare the steps instead of the weights, which hardly change."""
    start, _ = weights_and_gradients()
    for step, (these, those) in enumerate(zip(found, expected, strict=True), start=1):
        for this, that, origin in zip(these, those, start, strict=True):
            np.testing.assert_allclose(this - origin, that - origin, rtol=tolerance, atol=1e-15, err_msg=f"step {step}")


@pytest.mark.parametrize("option", OPTIONS)
def test_the_first_three_updates_are_the_papers(option):
    options = options_of(option)
    tolerance = 1e-6 if option == "nadam" else 1e-9  # Keras converts its 0.96 to float32
    assert_same_way(by_keras(options, layer="hidden_1"), by_rule(RULES[option], options), tolerance)


def test_every_rule_has_its_option():
    assert sorted(RULES) == OPTIONS


def test_muon_leaves_the_output_layer_to_adamw():
    options = options_of("muon")
    assert_same_way(by_keras(options, layer="output"), by_rule(adam_step, as_adamw(options)))


@pytest.mark.parametrize("option", ["lion", "lamb", "nesterov"])
def test_weight_decay_is_decoupled_where_it_is_added(option):
    options = options_of(option, "+optimizer.weight_decay=0.5")
    assert_same_way(by_keras(options, layer="hidden_1"), by_rule(RULES[option], options))


def test_gradient_descent_brings_the_full_batch_along_unless_told_otherwise():
    assert settings("optimizer=gradient_descent").training.batch_size == "full"
    assert settings("optimizer=gradient_descent", "training=mini_batch").training.batch_size == 64
    assert settings("optimizer=sgd").training.batch_size == 64
