"""Completions, requested as bash requests them: the output may contain only words."""

import re

import pytest

from runner.cli.commands.export import TARGETS
from runner.cli.commands.shells import REMOVALS, SCRIPTS
from runner.cli.completion import completions, shown_completions
from runner.cli.dispatch import COMMANDS
from tests.imports import REPOSITORY


def offered(line: str) -> list[str]:
    """Return the completions that bash would get for a line."""
    *words, current = line.split(" ")
    return completions(words, current)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """A directory without results."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("typed", "among"),
    [
        ("rep", ["report ", "reproduce "]),
        ("h", ["help "]),
        ("vers", ["version "]),
        ("help rep", ["report ", "reproduce "]),
        ("opt", ["optimizer.", "optimizer="]),
        ("optimizer=nada", ["optimizer=nadam "]),
        ("launcher=s", ["launcher=slurm "]),
        ("training.ep", ["training.epochs="]),
        ("model=cnn model.ker", ["model.kernel_size="]),
        ("model=cn", ["model=cnn ", "model=cnn_batchnorm ", "model=cnn_modern "]),
        ("-m optimizer=sgd,nada", ["optimizer=sgd,nadam "]),
        ("regularizer=", ["regularizer=["]),
        ("regularizer=[l1", ["regularizer=[l1", "regularizer=[l1_l2"]),
        ("regularizer=[l2,drop", ["regularizer=[l2,dropout,", "regularizer=[l2,dropout] "]),
        ("regularizer=[l2,dropout", ["regularizer=[l2,dropout,", "regularizer=[l2,dropout] "]),
        ("dry_run=", ["dry_run=false ", "dry_run=true "]),
        ("training.batch_size=", ["training.batch_size=64 ", "training.batch_size=full "]),
        ("dataset.split=", ["dataset.split=last ", "dataset.split=random ", "dataset.split=stratified "]),
        ("device.precision=mixed_b", ["device.precision=mixed_bfloat16 "]),
        ("study.vary=", ["study.vary=["]),
        ("study.vary=[order,w", ["study.vary=[order,weights,", "study.vary=[order,weights] "]),
        ("dataset.path=", []),  # the shell completes files
        ("optimizer=sgd,adam optimizer.beta_", ["optimizer.beta_1=", "optimizer.beta_2="]),
        ("experiment=fast_99 model.fil", ["model.filters="]),
        ("hydra.sw", ["hydra.sweep."]),
        ("launcher=slurm hydra.launcher.par", ["hydra.launcher.parameters."]),
        ("hydra/launcher=ra", ["hydra/launcher=ray "]),
        ("study=smoke +study.mar", ["+study.margin="]),
        ("++training.ep", ["++training.epochs="]),
        ("+training.ep", []),  # it exists
        ("~regulari", ["~regularizer ", "~regularizer."]),
        ("~optimizer.learn", ["~optimizer.learning_rate "]),
        ("--config-dir ", []),
        ("--cfg ", ["all ", "hydra ", "job "]),
        ("completion ", ["bash ", "fish ", "zsh "]),
        ("schema stu", ["study "]),
        ("report --wa", ["--watch "]),
        ("resume --", ["--fail-fast ", "--help ", "--workers "]),
        ("verify keras_m", ["keras_mlp "]),
        ("ablate base=experiment/smo", ["base=experiment/smoke "]),
        ("ablate drop=schedule,regularizer.l2", ["drop=schedule,regularizer.l2 "]),
        (
            "ablate d",
            ["dataset.", "dataset=", "device.", "device=", "diagnostics.", "diagnostics=", "drop=", "dry_run="],
        ),
        ("--multi", ["--multirun "]),
        ("report out", []),
        ("nothing.like.this", []),
        ("optimizer=adamm optimizer.learn", ["optimizer.learning_rate="]),
        ("nosuch=", []),
    ],
)
def test_what_is_offered(typed, among):
    assert offered(typed) == among


def test_an_option_that_is_in_the_list_is_not_offered_twice():
    assert "regularizer=[l2,l2" not in offered("regularizer=[l2,l")
    assert "regularizer=[l2,l1" in offered("regularizer=[l2,l")


def test_options_of_the_users_own_directory_are_offered(tmp_path):
    (tmp_path / "optimizer").mkdir()
    (tmp_path / "optimizer" / "minefield.yaml").write_text("_target_: keras.optimizers.SGD\nfuse_length: 3\n")
    flag = f"--config-dir={tmp_path}"
    assert offered(f"{flag} optimizer=minef") == ["optimizer=minefield "]
    assert offered(f"{flag} optimizer=minefield optimizer.fuse") == ["optimizer.fuse_length="]
    assert offered(f"hydra.searchpath=[file://{tmp_path}] optimizer=minef") == ["optimizer=minefield "]


def test_a_group_that_only_the_user_has_is_added(tmp_path):
    (tmp_path / "colour").mkdir()
    (tmp_path / "colour" / "red.yaml").write_text("a: 1\n")
    assert offered(f"--config-dir {tmp_path} +col") == ["+colour="]
    assert offered(f"--config-dir {tmp_path} +colour=") == ["+colour=red "]
    assert offered(f"--config-dir {tmp_path} col") == []


@pytest.mark.parametrize("name", ["two words", "$(reboot)", "a;b", "line\nbreak", "it's"])
def test_a_name_that_a_shell_would_read_otherwise_is_not_offered(tmp_path, name):
    (tmp_path / "optimizer").mkdir()
    (tmp_path / "optimizer" / f"{name}.yaml").write_text("_target_: keras.optimizers.SGD\n")
    (tmp_path / name).mkdir()
    (tmp_path / name / "mine.yaml").write_text("a: 1\n")
    for typed in ("optimizer=", "+"):
        assert not [text for text in offered(f"--config-dir {tmp_path} {typed}") if name in text]


@pytest.fixture
def results(tmp_path):
    """Runs and sweeps in a working directory, next to other directories."""
    for place in ("outputs/studies/mine/plan.json", "outputs/studies/mine/a/record.json", "outputs/runs/b/record.json"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).touch()
    for place in ("src/deep/er", "outputs/empty", "outputs/studies/of two words", ".hidden/a"):
        (tmp_path / place).mkdir(parents=True)
    (tmp_path / "outputs/studies/of two words/plan.json").touch()
    (tmp_path / ".hidden/a/record.json").touch()


@pytest.mark.parametrize(
    ("typed", "among"),
    [
        ("report ", ["outputs/runs/", "outputs/studies/"]),  # without a choice, the next level
        ("report out", ["outputs/runs/", "outputs/studies/"]),
        ("status outputs/s", ["outputs/studies/mine/"]),
        ("diff outputs/runs/b outputs/studies/mine/", ["outputs/studies/mine/a/"]),
        ("resume s", []),  # the shell completes other directories
        ("report .h", [".hidden/a/"]),
        ("report [", []),
        ("model.init_from=outputs/r", ["model.init_from=outputs/runs/b/"]),
    ],
)
def test_directories_of_runs_and_sweeps_are_offered(results, typed, among):
    assert offered(typed) == among


def test_the_targets_of_an_export_come_before_the_directories(results):
    assert COMMANDS["export"].targets == tuple(sorted(TARGETS))
    assert offered("export s") == ["saved_model "]
    assert offered("export csv out") == offered("report out")


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_the_flags_are_those_of_the_command(program, tmp_path, command):
    shown = set(re.findall(r"--[a-z-]+", program(command, "--help", cwd=tmp_path).out)) - {"--help", "--full"}
    assert shown == set(COMMANDS[command].flags)


@pytest.mark.parametrize(
    "line", ["runner report out", "runner 'model.hidden_units=[6", 'runner "', "", "runner a=b=[c", "runner ="]
)
@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_whatever_is_typed_nothing_but_words_comes_out(monkeypatch, capfd, line, shell):
    monkeypatch.setenv("COMP_LINE", line)
    monkeypatch.setenv("COMP_POINT", str(len(line)))
    text = shown_completions(shell)
    assert "not an override" not in text
    assert capfd.readouterr() == ("", "")


def test_what_lies_behind_the_cursor_does_not_count(monkeypatch):
    monkeypatch.setenv("COMP_LINE", "runner 'regularizer=[l2,gaussian optimizer=adam")
    monkeypatch.setenv("COMP_POINT", str(len("runner 'regularizer=[l2,gaussian")))
    assert shown_completions("bash") == "regularizer=[l2,gaussian_noise,\nregularizer=[l2,gaussian_noise] \n"


def test_fish_which_puts_spaces_itself_is_offered_both_ways_to_go_on_in_a_list(monkeypatch):
    monkeypatch.delenv("COMP_POINT", raising=False)
    monkeypatch.setenv("COMP_LINE", "runner callbacks=")
    assert shown_completions("fish").split() == [
        f"callbacks=[{name}{end}" for name in ("early_stopping", "snapshots", "tensorboard") for end in (",", "]")
    ]
    monkeypatch.setenv("COMP_LINE", "runner optimizer=nada")
    assert shown_completions("fish") == "optimizer=nadam\n"


def test_no_tab_imports_hydra_or_what_takes_as_long(shell, tmp_path):
    code = "import sys; from runner.cli.main import main; main(); print(*sys.modules)"
    for line in ("runner training.ep", "runner optimizer=ad", "runner report "):
        environment = {"COMP_LINE": line, "COMP_POINT": str(len(line)), "PYTHONPATH": str(REPOSITORY)}
        done = shell(f"python -c '{code}' -sc query=bash", cwd=tmp_path, env=environment)
        loaded = {name.partition(".")[0] for name in done.stdout.split()}
        assert "runner" in loaded, done.stderr
        assert not loaded & {"hydra", "omegaconf", "pydantic", "numpy", "rich", "tensorflow"}


@pytest.mark.parametrize("shell_name", SCRIPTS)
def test_hydra_s_flag_prints_the_same_script(program, tmp_path, shell_name):
    printed = program("completion", shell_name, cwd=tmp_path)
    assert (printed.code, printed.out) == (0, SCRIPTS[shell_name])
    assert program("-sc", f"install={shell_name}", cwd=tmp_path) == printed
    assert program("-sc", f"uninstall={shell_name}", cwd=tmp_path).out == REMOVALS[shell_name]


def test_a_shell_without_a_script_is_named(program, tmp_path):
    done = program("completion", "tcsh", cwd=tmp_path)
    assert (done.code, done.err) == (2, "runner: completion tcsh: no such shell (allowed: bash, zsh, fish)\n")
    done = program("-sc", "install=tcsh", cwd=tmp_path)
    assert done.code == 2
    assert done.err == "runner: -sc install=tcsh: must be install=SHELL, with SHELL one of bash, zsh, fish\n"
