import re
from dataclasses import replace
from unittest.mock import Mock

import hydra._internal.hydra
import pytest
from hydra import version
from hydra._internal.sources_registry import SourcesRegistry
from hydra._internal.utils import create_config_search_path
from hydra.core.plugins import Plugins
from hydra.errors import ConfigCompositionException
from hydra.types import RunMode

from runner.config.hydra_guard import (
    CHECKED_WITH,
    LONGEST_TOGETHER,
    GuardedFiles,
    GuardedLoader,
    guard_hydra,
    refuse_endless,
    refuse_flags,
    refuse_no_place,
    refuse_same_names,
    unread,
)
from runner.config.hydra_resolvers import register_resolvers
from runner.core.errors import ConfigError
from runner.core.paths import conf_directory
from runner.records.run_directory import RunDirectory
from runner.sweeps.hydra_plugins import register_plugins
from tests.contracts import contract
from tests.loader import config_loader
from tests.sweeps import made_up


def test_hydra_composes_with_the_guards(monkeypatch):
    Plugins.instance()  # registers Hydra's own sources
    read = Mock(side_effect=GuardedFiles.load_config)
    monkeypatch.setattr(GuardedFiles, "load_config", lambda source, config_path: read(source, config_path=config_path))
    with contract("hydra._internal: hydra.ConfigLoaderImpl, sources_registry, FileConfigSource", CHECKED_WITH):
        monkeypatch.setattr("hydra._internal.hydra.ConfigLoaderImpl", hydra._internal.hydra.ConfigLoaderImpl)
        monkeypatch.setitem(SourcesRegistry.instance().types, "file", SourcesRegistry.instance().types["file"])
        guard_hydra()
        loader = config_loader()
        assert type(loader) is GuardedLoader
        loader.load_configuration("config", ["optimizer=sgd"], RunMode.RUN)
        assert "optimizer/sgd" in [call.kwargs["config_path"] for call in read.call_args_list]


@pytest.mark.parametrize("flag", ["--experimental-rerun=x", "--config-path=x", "--config-name=x"])
def test_hydras_parser_tells_flags_from_overrides(flag):
    with contract("hydra._internal.utils.get_args_parser", CHECKED_WITH):
        refuse_flags(["--config-dir", "x", "a=1"])
        assert unread(["--config-dir", "x", "a=1", "--strange"]) == ["--strange", "a=1"]
        with pytest.raises(ConfigError, match=rf"^{flag.partition('=')[0]}: not "):
            refuse_flags([flag])


def test_as_many_overrides_as_are_taken_can_be_read_back_from_the_record(tmp_path):
    overrides = [f"name={'x' * (LONGEST_TOGETHER // 3 - 5)}"] * 3
    refuse_endless(overrides)
    record = replace(made_up.record(made_up.job()), overrides=[*overrides, "seed=0"])
    RunDirectory(tmp_path).write_record(record)
    assert RunDirectory(tmp_path).read_record() == record
    with pytest.raises(ConfigError, match=r"overrides have 9,001 characters; at most 9,000 are allowed; write an"):
        refuse_endless([*overrides, "x"])


@pytest.mark.parametrize("argument", ["hydra.run.dir=", "hydra.sweep.dir=''", "+hydra.run.dir= "])
def test_an_output_directory_has_a_name(argument):
    """With `hydra.run.dir=$UNSET` in a shell, all files would be written into the current directory."""
    with pytest.raises(ConfigError, match="must name a directory"):
        refuse_no_place(["optimizer=sgd", argument])
    refuse_no_place(["hydra.run.dir=here", "name="])


OPTIONS = sorted(str(file.relative_to(conf_directory())) for file in conf_directory().rglob("*/*.yaml"))


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_of_the_users_with_the_name_of_one_of_ours_is_refused_with_both_paths(tmp_path, option):
    theirs = tmp_path / option
    theirs.parent.mkdir(parents=True)
    theirs.write_text("learning_rate: 0.05\n")
    with pytest.raises(ConfigError) as caught:
        refuse_same_names([conf_directory(), tmp_path])
    assert {str(theirs), str(conf_directory() / option)} <= {word.strip(":,;") for word in str(caught.value).split()}
    theirs.write_bytes((conf_directory() / option).read_bytes())  # a copy is the same option
    refuse_same_names([conf_directory(), tmp_path])


@pytest.fixture
def composed(tmp_path, monkeypatch):
    """composed("optimizer=sgd") composes, with tmp_path as the user's own directory of options."""
    version.setbase("1.3")
    register_resolvers([])
    register_plugins()
    monkeypatch.setitem(SourcesRegistry.instance().types, "file", GuardedFiles)
    path = create_config_search_path(str(conf_directory()))
    path.prepend("own", str(tmp_path))
    return lambda *overrides, run_mode=RunMode.RUN: GuardedLoader(path).load_configuration(
        "config", [*overrides], run_mode
    )


class TestSweeps:
    @pytest.fixture
    def of_a_sweep(self, composed):
        return lambda *overrides: composed("study=smoke", *overrides, run_mode=RunMode.MULTIRUN)

    def test_may_set_a_key_that_only_an_option_of_their_variants_has(self, of_a_sweep):
        given = ["dataset.path=mine.csv", "training.epochs=3"]
        config = of_a_sweep(*given, "hydra.sweep.dir=x")
        assert config.study.seeds == 3
        assert config.hydra.sweep.dir == "x"
        assert config.hydra.overrides.task == ["study=smoke", *given], "the sweeper composes its variants with all"

    @pytest.mark.parametrize("given", ["study.x=1", "optimzer=sgd", "optimizer=sgdd"])
    def test_may_not_misspell_a_key_of_the_study_or_a_group(self, of_a_sweep, given):
        with pytest.raises(ConfigCompositionException):
            of_a_sweep(given)

    def test_that_hydra_takes_for_a_run_fail_for_the_reason_that_made_it_do_so(self, composed):
        with pytest.raises(ConfigCompositionException, match=r"search\.budgte"):
            composed("search=optuna", "optimizer.learning_rate=interval(0.1,1)", "search.budgte=3")


@pytest.mark.parametrize(
    ("file", "asked"),
    [
        ("optimizer/mine", "optimizer=mine"),  # it does not exist
        ("optimizer/sgd", "optimizer=sgd"),  # the user means this file, but runner's own would be used
        ("regularizer/mine", "regularizer=[l2,mine]"),
        ("regularizer/l2", "regularizer=[l2]"),
        ("experiment/mine", "+experiment=mine"),
    ],
)
def test_a_misnamed_option_is_refused_where_its_name_is_asked_for_and_else_said(
    composed, tmp_path, caplog, file, asked
):
    misnamed = tmp_path / f"{file}.yml"
    misnamed.parent.mkdir()
    misnamed.touch()
    said = f"{misnamed}: not read, because options are .yaml files; rename it to {misnamed.stem}.yaml"
    with pytest.raises(ConfigError, match=f"^{re.escape(said)}$"):
        composed(asked)
    assert not caplog.messages
    for _ in range(2):  # as a sweep does
        assert composed("optimizer=adam", "regularizer=[]").optimizer.learning_rate == 0.001
    assert caplog.messages == [f"runner: {said}"]


def test_a_number_in_place_of_a_list_of_options_is_left_to_the_schema(composed, tmp_path):
    (tmp_path / "regularizer").mkdir()
    (tmp_path / "regularizer" / "odd.yaml").write_text("# @package _global_\naugmentation: -5.7e+16\n")
    assert composed("regularizer=[odd]").augmentation == -5.7e16


def test_a_broken_option_file_is_refused_where_it_is_chosen(composed, tmp_path):
    (tmp_path / "optimizer").mkdir()
    (tmp_path / "optimizer" / "broken.yaml").write_text("_target_: [\n")
    composed("optimizer=sgd")
    with pytest.raises(ConfigError, match=r"optimizer/broken\.yaml: line 2"):
        composed("optimizer=broken")


def test_a_configuration_that_would_be_ignored_is_refused(tmp_path):
    refuse_same_names([tmp_path])
    (tmp_path / "config.yaml").touch()
    with pytest.raises(ConfigError, match=r"config\.yaml: would be ignored.*experiment/NAME\.yaml"):
        refuse_same_names([tmp_path])


@pytest.mark.parametrize("override", ["a" * 201 + "=1", "+" + "é" * 101 + "=1", "b" * 300])
def test_a_key_that_no_file_could_be_named_after_is_refused(override):
    with pytest.raises(ConfigError, match=r"the key is longer than 200 bytes"):
        refuse_endless([override])
