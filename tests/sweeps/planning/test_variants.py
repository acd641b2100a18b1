from typing import ClassVar

import pytest

from runner.core.errors import ConfigError
from runner.sweeps.planning.study import read_study
from runner.sweeps.planning.variants import grid_variants, study_variants


def variants(composer, study, axes=None, single=()):
    return study_variants(read_study(study), axes or {}, list(single), composer)


def test_a_grid_has_a_variant_for_each_cell_named_after_what_changes():
    axes = {"optimizer": ["optimizer=sgd", "optimizer=adam"], "model": ["model=mlp", "model=cnn"]}
    made = grid_variants(axes, ["training.epochs=2"])
    assert [variant.name for variant in made] == [
        "optimizer=sgd,model=mlp",
        "optimizer=sgd,model=cnn",
        "optimizer=adam,model=mlp",
        "optimizer=adam,model=cnn",
    ]
    assert made[1].overrides == ["training.epochs=2", "optimizer=sgd", "model=cnn"]
    assert not made[0].named


@pytest.mark.parametrize("axes", [{"optimizer": ["optimizer=sgd", "optimizer=adam", "optimizer=sgd"]}])
def test_a_value_that_is_given_twice_is_refused(axes):
    with pytest.raises(ConfigError, match="optimizer: sgd is given twice"):
        grid_variants(axes, [])


@pytest.mark.parametrize(("where", "place"), [("grid", ""), ("tune", r"study\.tune\.axes\.")])
def test_so_it_is_in_a_study(composer, where, place):
    axes = {"optimizer.learning_rate": [0.1, 0.01, 0.1]}
    asked = {"grid": {"grid": axes}, "tune": {"tune": {"axes": axes}}}[where]
    with pytest.raises(ConfigError, match=rf"^{place}optimizer\.learning_rate: 0\.1 is given twice"):
        variants(composer, {"variants": {"sgd": ["optimizer=sgd"]}} | asked)


def test_the_baseline_comes_first_and_the_command_has_the_last_word(composer):
    study = {"base": ["training.epochs=9"], "variants": {"a": ["optimizer=sgd"], "b": []}, "baseline": "b"}
    made = variants(composer, study, single=["training.epochs=2"])
    assert [variant.name for variant in made] == ["b", "a"]
    assert made[1].overrides == ["training.epochs=9", "optimizer=sgd", "training.epochs=2"]
    assert composer.compose(made[1].overrides).config.training.epochs == 2


def test_a_grid_is_crossed_with_every_variant(composer):
    study = {"variants": {"a": [], "b": ["optimizer=sgd"]}, "grid": {"training.batch_size": [32, 64]}}
    made = variants(composer, study, axes={"model": ["model=mlp", "model=cnn"]})
    assert len(made) == 8
    assert made[0].name == "a,training.batch_size=32,model=mlp"


def test_values_of_an_axis_become_overrides_that_hydra_reads_back(composer):
    study = {
        "variants": {"a": []},
        "grid": {"regularizer": [["l2"], []], "training.batch_size": ["full"], "dataset.train_size": [None, 1000]},
    }
    composed = [composer.compose(variant.overrides).config for variant in variants(composer, study)]
    assert [list(config.regularizer) for config in composed] == [["l2"], ["l2"], [], []]
    assert [config.dataset.train_size for config in composed] == [None, 1000, None, 1000]
    assert composed[0].training.batch_size == "full"


def test_a_large_float_is_named_by_its_power_of_ten_in_a_grid_and_in_a_study(composer):
    _, axes = composer.axes(["optimizer.learning_rate=1e12,1234567.0,-2500000000.0,100000.0,10000000"])
    assert [override.partition("=")[2] for override in axes["optimizer.learning_rate"]] == [
        "1e+12", "1234567.0", "-2.5e+09", "100000.0", "10000000",
    ]  # fmt: skip
    (made,) = variants(composer, {"variants": {"a": []}, "grid": {"optimizer.learning_rate": [1e12]}})
    assert made.name == "a,optimizer.learning_rate=1e+12"
    assert composer.compose(made.overrides).config.optimizer.learning_rate == 1e12


class TestTuning:
    STUDY: ClassVar = {
        "variants": {"a": [], "b": ["optimizer=sgd"]},
        "tune": {"axes": {"optimizer.learning_rate": [0.1, 0.01, 0.001], "training.batch_size": [32, 64]}},
    }

    def test_every_point_is_tried(self, composer):
        made = variants(composer, self.STUDY)
        assert len(made[0].points) == len(made[1].points) == 6
        assert made[0].points[1] == ["optimizer.learning_rate=0.1", "training.batch_size=64"]

    def test_a_budget_draws_as_many_and_always_the_same(self, composer):
        study = self.STUDY | {"tune": self.STUDY["tune"] | {"budget": 4}}
        one, other = variants(composer, study), variants(composer, study)
        assert [variant.points for variant in one] == [variant.points for variant in other]
        for variant in one:
            assert len({tuple(point) for point in variant.points}) == 4

    def test_a_variant_may_have_axes_of_its_own(self, composer):
        own = {"per_variant": {"b": {"optimizer.momentum": [0.0, 0.9]}}}
        made = variants(composer, self.STUDY | {"tune": self.STUDY["tune"] | own})
        assert len(made[0].points) == 6
        assert made[1].points == [["optimizer.momentum=0.0"], ["optimizer.momentum=0.9"]]

    @pytest.mark.parametrize(
        "given", [{"single": ["optimizer.learning_rate=0.5"]}, {"axes": {"optimizer.learning_rate": [0.5, 0.2]}}]
    )
    def test_what_is_tuned_cannot_be_set_beside(self, composer, given):
        with pytest.raises(ConfigError, match=r"^optimizer\.learning_rate: is tuned for a \(study\.tune\.\S+"):
            variants(composer, self.STUDY, **given)


class TestLeaveOneOut:
    def test_each_part_is_missing_once(self, composer):
        study = {"base": ["experiment=cnn_batchnorm"], "drop": ["regularizer.l2", "normalization", "schedule"]}
        study["base"].append("regularizer=[l2,dropout]")
        made = {variant.name: composer.compose(variant.overrides) for variant in variants(composer, study)}
        assert list(made) == ["full", "without regularizer.l2", "without normalization", "without schedule"]
        assert read_study(study).variant_names == list(made)
        full = made["full"].config
        assert list(full.regularizer) == ["l2", "dropout"]
        assert list(made["without regularizer.l2"].config.regularizer) == ["dropout"]
        assert made["without normalization"].config.normalization == {}
        assert made["without normalization"].config.model == full.model
        assert made["without schedule"].choices["schedule"] == "constant"

    def test_a_key_is_set_to_null(self, composer):
        study = {"base": ["dataset.label_noise=0.2"], "drop": ["dataset.label_noise"]}
        assert composer.compose(variants(composer, study)[1].overrides).config.dataset.label_noise is None

    @pytest.mark.parametrize(
        ("part", "said"),
        [
            ("regularizer.droput", "not part of the base; did you mean dropout?"),
            ("shedule", "no such part; did you mean schedule?"),
        ],
    )
    def test_what_is_not_there_cannot_be_dropped(self, composer, part, said):
        with pytest.raises(ConfigError, match=said):
            variants(composer, {"drop": [part]})
