import numpy as np
import pytest
from sklearn import datasets

from runner.core.errors import ConfigError
from runner.data.tables import load_table

SHAPES = {"breast_cancer": (569, 30, 2), "wine": (178, 13, 3)}


@pytest.mark.parametrize("name", SHAPES)
def test_every_example_is_in_one_part(name):
    dataset = load_table(name, 0.2, 0)
    examples, features, classes = SHAPES[name]
    rows = np.concatenate([dataset.train_inputs, dataset.test_inputs])
    labels = np.concatenate([dataset.train_labels, dataset.test_labels])
    assert (rows.shape, dataset.classes, len(dataset.test_labels)) == ((examples, features), classes, -(-examples // 5))
    whole = getattr(datasets, f"load_{name}")()
    order, expected = np.lexsort(rows.T), np.lexsort(whole.data.astype(np.float32).T)
    assert np.array_equal(rows[order], whole.data[expected].astype(np.float32))
    assert np.array_equal(labels[order], whole.target[expected])
    assert dataset.class_names == tuple(whole.target_names)


def test_the_test_part_follows_its_own_seed():
    first, same, other = (load_table("wine", 0.2, seed) for seed in (0, 0, 1))
    assert first.fingerprint == same.fingerprint != other.fingerprint


def test_another_name_is_refused_with_the_names_that_there_are():
    with pytest.raises(ConfigError, match=r"dataset\.name=wines: .* mean wine\? \(allowed: breast_cancer, wine\)"):
        load_table("wines", 0.2, 0)
