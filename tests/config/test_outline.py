"""The outline of a configuration has the keys that Hydra composes."""

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from runner.config.outline import outline
from runner.core.paths import conf_directory

CONF = conf_directory()


def keys(node, prefix="") -> set[str]:
    if not isinstance(node, dict):
        return {prefix}
    return {prefix} | {path for key, value in node.items() for path in keys(value, f"{prefix}.{key}")}


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["optimizer=muon", "regularizer=[weight_decay]", "augmentation=[rotation,mixup]", "tracking=tensorboard"],
        ["training=online", "dataset=csv", "normalization=group"],
        ["model=cnn_batchnorm"],  # chooses the normalization
        ["experiment=fast_99"],
        ["experiment=cnn_batchnorm"],  # builds on another recipe
        ["experiment=fast_99", "optimizer=lion"],
        ["study=optimizers_tuned"],
        ["search=optuna", "callbacks=[early_stopping]"],
    ],
    ids=" ".join,
)
def test_it_has_the_keys_and_values_of_hydra(overrides):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        composed = OmegaConf.to_container(compose("config", overrides), resolve=False)
    found = outline(overrides, [CONF])
    assert keys(found.pop("hydra")) >= {".launcher.workers", ".sweep.dir", ".run.dir"}
    assert keys(found) == keys(composed)
    assert found["optimizer"] == composed["optimizer"]
    assert found["training"] == composed["training"]


def test_all_options_of_a_sweep_contribute():
    assert {"momentum", "beta_1"} <= outline(["optimizer=momentum,adam"], [CONF])["optimizer"].keys()


def test_the_options_of_the_user_and_of_hydra_s_launcher_count(tmp_path):
    (tmp_path / "optimizer").mkdir()
    (tmp_path / "optimizer" / "mine.yaml").write_text("defaults: [sgd, mine]\nfuse: 3\n")
    found = outline(["optimizer=mine", "hydra/launcher=slurm"], [CONF, tmp_path])
    assert {"fuse", "learning_rate"} <= found["optimizer"].keys()
    assert "parameters" in found["hydra"]["launcher"]


@pytest.mark.parametrize("text", ["a: [", "- a list\n", "a: 1\na: 2\n", "defaults: 3\n", ""])
def test_a_file_that_cannot_be_read_contributes_nothing(tmp_path, text):
    (tmp_path / "optimizer").mkdir()
    (tmp_path / "optimizer" / "broken.yaml").write_text(text)
    assert outline(["optimizer=broken"], [CONF, tmp_path])["optimizer"].keys() == {
        "layerwise",
        "gradient_accumulation_steps",
        "exclude_from_weight_decay",
    }
