import numpy as np
import pytest
import yaml
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

from runner.core.paths import conf_directory
from runner.data.binary import load_binary
from tests.composed import settings

OPTION = yaml.safe_load((conf_directory() / "dataset" / "binary.yaml").read_text())
KEYS = {key: value for key, value in OPTION.items() if key not in ("defaults", "_target_")}


def load(**changes):
    return load_binary(**(KEYS | changes))


def test_by_default_it_is_what_scikit_learn_makes():
    dataset = load()
    inputs, labels = make_classification(n_samples=1000, n_features=10, random_state=0)
    made = dict(zip(map(bytes, inputs.astype(np.float32)), labels, strict=True))
    for part, classes in ((dataset.train_inputs, dataset.train_labels), (dataset.test_inputs, dataset.test_labels)):
        assert part.dtype == np.float32
        assert [made.pop(bytes(row)) for row in part] == classes.tolist()
    assert made == {}


def test_a_share_is_held_out_with_the_classes_in_proportion():
    dataset = load(test_size=0.3)
    assert (len(dataset.train_labels), len(dataset.test_labels)) == (700, 300)
    assert dataset.test_labels.mean() == pytest.approx(dataset.train_labels.mean(), abs=0.005)


def test_the_data_follow_their_own_seed():
    assert load().fingerprint == load().fingerprint != load(data_seed=1).fingerprint


def test_what_tells_the_classes_apart_is_the_same_in_both_parts():
    dataset = load()
    model = LogisticRegression().fit(dataset.train_inputs, dataset.train_labels)
    assert model.score(dataset.test_inputs, dataset.test_labels) > 0.85


def test_numbers_of_features_that_do_not_fit_are_an_error():
    with pytest.raises(ValueError, match="must sum to less than the number of total features"):
        load(informative=9)


@pytest.mark.parametrize("option", ["binary", "csv"])
def test_features_bring_standardize_along_unless_another_is_asked_for(option):
    chosen = [f"dataset={option}", "dataset.path=here"] if option == "csv" else [f"dataset={option}"]
    assert settings(*chosen).preprocessing.target.endswith(".standardize")
    assert settings(*chosen, "preprocessing=none").preprocessing.target.endswith(".unchanged")
    assert settings("preprocessing=none", *chosen).preprocessing.target.endswith(".unchanged")
    assert settings("dataset=digits").preprocessing.target.endswith(".rescale")
