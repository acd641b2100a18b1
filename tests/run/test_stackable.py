from types import SimpleNamespace

import keras
import pytest

from runner.run.stackable import obstacle, stackable
from tests.composed import settings


def prepared(*overrides, layers=(), kind="cpu"):
    chosen = settings(*overrides)
    parts = SimpleNamespace(model=SimpleNamespace(layers=layers))
    return SimpleNamespace(settings=chosen, parts=parts, device=SimpleNamespace(kind=kind))


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        (["augmentation=[rotation]"], "augmentation"),
        (["averaging=ema"], "averaging"),
        (["diagnostics=[steps]"], "diagnostics"),
        (["optimizer.gradient_accumulation_steps=2"], "optimizer.gradient_accumulation_steps"),
        (["device.precision=mixed_bfloat16"], "device.precision=mixed_bfloat16"),
        (["optimizer._target_=mine.Optimizer"], "optimizer: your own class"),
        (["+callbacks.mine._target_=mine.Callback"], "callbacks.mine: your own class"),
    ],
)
def test_what_keeps_a_run_from_being_stacked_is_named(overrides, reason):
    assert obstacle(prepared(*overrides)) == reason


def test_layers_that_compute_for_one_model_alone_are_named():
    layers = [keras.layers.Flatten(), keras.layers.Conv2D(2, 3)]
    assert obstacle(prepared(layers=layers)) == "Conv2D layers"
    assert obstacle(prepared("callbacks=[early_stopping]", layers=layers[:1])) is None


def test_nothing_is_stacked_on_a_cpu_unless_it_is_asked_for():
    assert stackable(prepared()) is None
    assert stackable(prepared("device.stacked_seeds=1", kind="gpu")) is None
