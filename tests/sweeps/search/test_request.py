import pytest

from runner.core.errors import ConfigError
from runner.sweeps.planning.axis import Axis
from runner.sweeps.planning.study import read_study
from runner.sweeps.search.request import read_search, refuse_both_forms, search_names

RATE = {"optimizer.learning_rate": {"low": 1e-4, "high": 1e-1, "log": True}}


class TestAxes:
    def test_come_from_the_file_and_from_the_command_line(self, composer):
        swept = composer.parse(
            ["model.hidden_units=[16],[64]", "training.batch_size=interval(16,64)", "optimizer=choice(sgd,adam)"]
        )
        axes = read_search({"axes": RATE, "budget": 9}, swept).axes_of("search")
        assert axes["optimizer.learning_rate"] == Axis(low=1e-4, high=1e-1, log=True)
        assert axes["model.hidden_units"].choices == ["[16]", "[64]"]
        assert (axes["training.batch_size"].low, axes["training.batch_size"].high) == (16, 64)
        assert axes["optimizer"].choices == ["sgd", "adam"]

    def test_of_logarithms_are_tagged(self, composer):
        (swept,) = composer.parse(["optimizer.learning_rate=tag(log,interval(1e-4,1e-1))"])
        assert read_search({"budget": 9}, [swept]).axes_of("search")["optimizer.learning_rate"] == Axis(
            low=1e-4, high=1e-1, log=True
        )


def test_a_search_is_a_study_of_one_variant():
    tune = {"axes": RATE, "sampler": "cmaes", "budget": 7, "pruner": "hyperband", "seeds": 2}
    search = read_search(tune | {"metric": "val_loss", "fresh_seeds": 4}, [])
    assert search == read_study({"variants": {"search": []}, "tune": tune, "metric": "val_loss", "seeds": 4})


def test_the_short_forms_take_the_place_of_the_defaults():
    search = read_search({"axes": RATE, "budget": 30, "trials": 5, "sampler_seed": 0, "seed": 3}, [])
    assert (search.tune.budget, search.tune.sampler_seed) == (5, 3)
    assert read_search({"axes": RATE, "budget": 30, "trials": None, "seed": None}, []).tune.budget == 30


def test_a_key_and_its_short_form_are_not_both_taken():
    refuse_both_forms(["search.trials", "search.sampler_seed", "training.epochs"])
    with pytest.raises(ConfigError, match=r"^search\.trials: short form of search\.budget, and both are given"):
        refuse_both_forms(["search.budget", "search.trials"])


def test_the_command_line_sets_the_fresh_seeds():
    assert read_search({"axes": RATE, "sampler": "tpe", "budget": 3}, []).seeds == [0, 1, 2]
    assert read_search({"axes": RATE, "sampler": "tpe", "budget": 3}, [], [5, 6]).seeds == [5, 6]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "search.axes: nothing to search"),
        ({"axes": {"a": {"low": 1}}}, "must have low and high, or choices"),
        ({"axes": {"a": {"low": 2, "high": 1}}}, "low=2 must be below high=1"),
        ({"axes": {"a": {"low": 0, "high": 1, "log": True}}}, "log=true needs low above 0"),
        ({"axes": {"a": {"choices": []}}}, "must not be empty"),
        ({"axes": {"a": {"low": "1", "high": 2}}}, "search.axes.a.low=1: must be a number"),
        ({"axes": RATE, "sampler": "grid"}, "search.axes.optimizer.learning_rate: sampler=grid needs a list"),
        ({"axes": RATE, "sampler": "tpee"}, "search.sampler=tpee: must be 'grid', 'random', 'sobol', 'tpe'"),
        ({"axes": RATE, "budget": 0}, "search.budget=0: must be a number of points, at least 1, or one of"),
        ({"axes": RATE, "budget": {"epochs": 0}}, "search.budget: must be a number of points, at least 1, or one of"),
        ({"axes": RATE, "budget": {"epochs": 9, "seconds": 9}}, "search.budget: must be a number of points"),
        ({"axes": RATE, "sampler": "tpe"}, "search.budget: sampler=tpe needs a budget"),
        ({"axes": RATE, "budget": 9, "pruner": "wilcoxon"}, "search.pruner=wilcoxon: compares trials seed by seed"),
        ({"axes": RATE, "budget": 9, "pruner": "asha"}, "search.pruner=asha: must be 'none', 'median'"),
        ({"axes": RATE, "budget": 9, "reduction_factor": 1}, "search.reduction_factor=1: must be"),
        ({"axes": RATE, "metric": "test_accuracy"}, "must be a metric of the validation set"),
        ({"axes": RATE, "budgte": 3}, "search.budgte=3: no such key; did you mean budget?"),
        ({"per_variant": {"a": RATE}}, "search.per_variant: a search has one variant; use a study"),
        ({"axes": RATE, "budget": 9, "fresh_seeds": 0}, "search.fresh_seeds=0: must be the number of seeds"),
        ({"axes": RATE, "budget": 9, "fresh_seeds": [1000]}, "search.seeds: shares 1000 with search.fresh_seeds"),
    ],
)
def test_what_is_wrong_is_said_with_its_key(given, said):
    with pytest.raises(ConfigError) as error:
        read_search(given, [])
    assert said in str(error.value)


def test_the_names_of_a_search_do_not_change_the_values_of_others():
    text = "dataset.path=study.csv: /my_study.d/study.csv has a fault (study.tune.axes.x; study.seeds, study.metric)"
    with pytest.raises(ConfigError) as error, search_names():
        raise ConfigError(text)
    assert str(error.value) == text.replace(
        "(study.tune.axes.x; study.seeds, study.", "(search.axes.x; search.fresh_seeds, search."
    )
