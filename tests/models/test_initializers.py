"""Initial weights of a 784 x 128 kernel, compared with the moments and bounds of the papers' formulas."""

import numpy as np
import pytest

from runner.core.paths import conf_directory
from tests.models.test_families import model_of

CUT = 0.8796  # standard deviation of a standard normal distribution that is truncated at two standard deviations
FAN_IN, FAN_OUT = 784, 128
# Standard deviation, and largest possible value (None: unbounded).
FORMULAS = {
    "zeros": (0.0, 0.0),
    "constant": (0.0, 0.05),
    "small_normal": (0.01, None),
    "truncated_normal": (0.03 * CUT, 2 * 0.03),
    "glorot_uniform": (np.sqrt(2 / (FAN_IN + FAN_OUT)), np.sqrt(6 / (FAN_IN + FAN_OUT))),
    "glorot_normal": (np.sqrt(2 / (FAN_IN + FAN_OUT)), 2 * np.sqrt(2 / (FAN_IN + FAN_OUT)) / CUT),
    "he_uniform": (np.sqrt(2 / FAN_IN), np.sqrt(6 / FAN_IN)),
    "he_normal": (np.sqrt(2 / FAN_IN), 2 * np.sqrt(2 / FAN_IN) / CUT),
    "lecun_normal": (np.sqrt(1 / FAN_IN), 2 * np.sqrt(1 / FAN_IN) / CUT),
    "orthogonal": (np.sqrt(1 / FAN_IN), None),
}


@pytest.mark.parametrize("name", sorted(path.stem for path in (conf_directory() / "initializer").glob("*.yaml")))
def test_the_kernel_has_the_formulas_deviation_and_bound(name):
    deviation, bound = FORMULAS[name]
    kernel = model_of(f"initializer={name}").get_layer("hidden_1").kernel.numpy()
    assert kernel.std() == pytest.approx(deviation, rel=0.02, abs=1e-8)
    if bound is not None:
        assert np.abs(kernel).max() <= bound * 1.001
        assert np.abs(kernel).max() >= bound * 0.95


def test_orthogonal_columns_are_orthonormal():
    kernel = model_of("initializer=orthogonal").get_layer("hidden_1").kernel.numpy()
    np.testing.assert_allclose(kernel.T @ kernel, np.eye(FAN_OUT), atol=1e-5)
