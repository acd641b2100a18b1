import keras
import numpy as np
import pytest

from runner.core.errors import ConfigError
from runner.optim.layerwise import scale_updates
from runner.optim.weight_decay import exclude_from_weight_decay

OPTIMIZERS = {
    "adamw": lambda: keras.optimizers.AdamW(0.1, weight_decay=0.5),
    "sgd": lambda: keras.optimizers.SGD(0.1, weight_decay=0.5),
    "muon": lambda: keras.optimizers.Muon(0.1, exclude_layers=["output"], weight_decay=0.5, adam_weight_decay=0.5),
    "scaled loss": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.AdamW(0.1, weight_decay=0.5)),
}


def decayed(model):
    """Return the names of the weights that the optimizer's decay alone reduces by a twentieth."""
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    optimizer.build(model.trainable_weights)
    for weight in model.trainable_weights:
        weight.assign(np.ones(weight.shape))
    optimizer._apply_weight_decay(model.trainable_weights)
    values = {weight.path.partition("/")[2]: float(weight.numpy().ravel()[0]) for weight in model.trainable_weights}
    assert set(values.values()) <= {np.float32(0.95), 1.0}
    return {path for path, value in values.items() if value < 1}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_weights_that_fit_a_pattern_are_not_decayed(network, name):
    every = decayed(network(OPTIMIZERS[name](), normalized=True))
    assert {"hidden_1/bias", "hidden_1_normalization/gamma", "hidden_1/kernel"} < every  # as in Keras
    model = network(OPTIMIZERS[name](), normalized=True)
    exclude_from_weight_decay(model, ["bias", "gamma", "beta", "output/*"])
    assert decayed(model) == {"hidden_1/kernel", "hidden_2/kernel"}


def test_what_is_excluded_stays_so_under_layerwise_rates(network):
    model = network(OPTIMIZERS["adamw"]())
    exclude_from_weight_decay(model, ["bias"])
    scale_updates(model, dict.fromkeys(["hidden_1", "hidden_2", "output"], 1.0))
    assert decayed(model) == {"hidden_1/kernel", "hidden_2/kernel", "output/kernel"}


def test_a_pattern_that_fits_nothing_is_an_error_with_the_nearest(network):
    with pytest.raises(ConfigError, match="exclude_from_weight_decay: baises matches no weight; did you mean bias"):
        exclude_from_weight_decay(network(OPTIMIZERS["adamw"]()), ["baises"])


def test_without_weight_decay_there_is_nothing_to_exclude(network):
    with pytest.raises(ConfigError, match="the optimizer has no weight decay; use optimizer=adamw"):
        exclude_from_weight_decay(network("adam"), ["bias"])
