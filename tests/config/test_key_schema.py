import pytest

from runner.config.key_schema import allowed_items, allowed_keys, allowed_values, schema_names


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("dataset.split", ["last", "random", "stratified"]),
        ("training.batch_size", ["full"]),
        ("device.jit_compile", ["false", "true", "auto"]),
        ("regularizer.dropout.place", ["hidden", "input"]),
        ("study.tune.sampler", ["grid", "random", "sobol", "tpe", "cmaes", "gp"]),
        ("dry_run", ["false", "true"]),
        ("optimizer.learning_rate", []),
        ("name", []),
        ("no.such.key", []),
        ("", []),
    ],
)
def test_the_values_are_those_of_the_schema(key, values):
    assert allowed_values(key) == values


def test_the_items_of_a_list_are_known_if_the_schema_lists_them():
    assert allowed_items("study.vary") == ["weights", "order", "dropout", "augmentation", "split"]
    assert allowed_items("training.metrics") == allowed_items("seed") == []


def test_only_a_fixed_set_of_keys_is_known():
    assert allowed_keys("clipping") == ["clipvalue", "clipnorm", "global_clipnorm"]
    assert {"axes", "budget"} <= {*allowed_keys("study.tune")}
    assert allowed_keys("optimizer") == allowed_keys("study.tune.axes") == allowed_keys("seed") == []


def test_every_group_of_a_run_has_a_schema():
    assert {"optimizer", "study", "experiment"} <= {*schema_names()}
