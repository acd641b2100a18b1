"""Every study and search in `conf/` can be planned; the test finds new ones itself."""

import logging

import pytest
import yaml
from omegaconf import OmegaConf

from runner.core.paths import conf_directory
from runner.sweeps.planning.candidates import candidates
from runner.sweeps.planning.study import read_study
from runner.sweeps.planning.variants import study_variants
from runner.sweeps.search.request import read_search


def files(group):
    return sorted((conf_directory() / group).glob("*.yaml"))


def ends(axes):
    """Return axes with both ends of numeric lists, because all numbers between two allowed ones are allowed."""
    return {key: values if isinstance(values, dict) else both_ends(values) for key, values in axes.items()}


def both_ends(values):
    numbers = all(isinstance(value, int | float) for value in values)
    return [values[0], values[-1]] if numbers and values in (sorted(values), sorted(values)[::-1]) else values


@pytest.mark.parametrize("file", files("study"), ids=lambda file: file.stem)
def test_a_study_is_planned(file, composer):
    given = OmegaConf.to_container(OmegaConf.load(file), resolve=True)
    if file.stem == "ablation":  # it has no parts to drop
        given |= {"drop": ["schedule"]}
    assert read_study(given).question
    given["grid"] = ends(given.get("grid", {}))
    if tune := given.get("tune"):
        tune["axes"] = ends(tune.get("axes", {}))
        tune["per_variant"] = {name: ends(axes) for name, axes in tune.get("per_variant", {}).items()}
        tune["budget"] = tune.get("budget") and 2  # points in ranges
    study = read_study(given)
    variants = study_variants(study, {}, [], composer)
    jobs = [job for candidate in candidates(variants, composer) for job in candidate.planned(study)]
    assert len({job.run_id for job in jobs}) == len(jobs)


@pytest.mark.parametrize("file", [*files("study"), *files("search")], ids=lambda file: file.stem)
def test_its_head_says_what_it_asks(file):
    first, *_ = file.read_text().splitlines()
    assert first.startswith("# ")


@pytest.mark.parametrize("file", files("search"), ids=lambda file: file.stem)
def test_a_search_has_values_that_are_allowed(file):
    given = yaml.safe_load(file.read_text())
    assert read_search(given | {"axes": {"optimizer.learning_rate": {"low": 0.1, "high": 1.0}}}, []).tune


def test_a_sweeps_warnings_stand_in_the_terminal_without_a_word_of_hydra(composer):
    logging_of = composer._master.hydra.hydra_logging
    record = logging.LogRecord("runner", logging.WARNING, "", 0, "left out: %s", ("a figure",), None)
    assert logging.Formatter(logging_of.formatters.line.format).format(record) == "left out: a figure"
    assert logging_of.handlers.console.formatter == "line"
