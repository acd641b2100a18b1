"""Names and Hydra settings that a configuration may use, checked before anything is imported."""

from pathlib import Path

import pytest
import yaml

from runner.config.identity import run_id
from runner.config.trust import has_foreign_code, read_trusted, refuse_strangers, trusted_by
from runner.core.errors import ConfigError
from runner.records.job import Job
from runner.records.run_directory import RunDirectory
from runner.sweeps.planning.plan import Plan
from tests.composed import config
from tests.sweeps import made_up

DANGEROUS = (
    "os.system",
    "subprocess.run",
    "builtins.eval",
    "builtins.exec",
    "pickle.loads",
    "hydra.utils.instantiate",
    "hydra.utils.get_method",
    "keras.utils.get_file",
    "keras.models.load_model",
    "keras.saving.load_model",
    "keras.config.enable_unsafe_deserialization",
    "keras.layers.Lambda",
    "keras.layers.TFSMLayer",
    "keras.layers.deserialize",
    "keras.layers.Dense.from_config",
    "keras.layers.os",
    "keras.losses.get",
    "keras.callbacks.RemoteMonitor",
    "keras.callbacks.BackupAndRestore",
    "keras.src.backend.os.system",
    "keras.src.layers.Dense",
    "tensorflow.io.write_file",
    "tensorflow.python.platform.gfile.DeleteRecursively",
    "tensorflow.keras.utils.get_file",
    "runner.cli.main.main",
    "runner.data.storage.download.download",
    "runner.core.write.write_text",
    "runner.sweeps.hydra_launchers.os.system",
    "trustedly.Thing",
    "keras",
    "keras.layers.",
    "keras.layers.Dense\n",
    "keras..layers.Dense",
    "",
)


@pytest.mark.parametrize("target", DANGEROUS)
def test_what_runs_more_than_a_training_is_refused_wherever_it_stands(target):
    for part, key in (
        ({"optimizer": {"_target_": target}}, r"optimizer\._target_="),
        ({"optimizer": {"learning_rate": {"_target_": target}}}, r"optimizer\.learning_rate\._target_="),
        ({"callbacks": {"own": {"steps": [0, [{"_target_": target}]]}}}, r"callbacks\.own\.steps\[1\]\[0\]\._target_="),
        ({"training": {"metrics": ["accuracy", {"_target_": target}]}}, r"training\.metrics\[1\]\._target_="),
    ):
        with pytest.raises(ConfigError, match=f"^{key}") as caught:
            refuse_strangers(part, ["trusted"])
        assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "target",
    [
        "keras.layers.Dropout",
        "keras.optimizers.Adafactor",
        "keras.optimizers.schedules.CosineDecay",
        "keras.losses.Huber",
        "keras.metrics.AUC",
        "keras.regularizers.L1L2",
        "keras.initializers.HeNormal",
        "keras.constraints.MaxNorm",
        "keras.callbacks.EarlyStopping",
        "tensorflow.keras.optimizers.SGD",
        "runner.optim.schedules.OneCycle",
        "runner.data.mnist.load_mnist",
        "trusted.Thing",
        "trusted.below.Thing",
    ],
)
def test_parts_of_a_training_are_allowed(target):
    refuse_strangers({"part": {"_target_": target, "_partial_": True}}, ["trusted"])


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"_target_": 3}, "part._target_=3: must be the name of a class"),
        ({"_target_": ["os.system"]}, "must be the name of a class"),
        ({"_args_": [1]}, r"part\._args_=\[1\]: refused"),
        ({"_convert_": "none"}, "part._convert_=none: refused"),
        ({"_recursive_": False}, "part._recursive_=False: refused"),
        ({"x": {"class_name": "Lambda", "config": {}}}, "part.x.class_name=Lambda: refused: name the class with _targ"),
    ],
)
def test_other_ways_to_name_a_class_are_refused(part, said):
    with pytest.raises(ConfigError, match=said):
        refuse_strangers({"part": part}, [])


def test_trusted_packages_are_a_list_of_names():
    assert read_trusted(["a", "b.c"]) == ("a", "b.c")
    assert trusted_by(["trusted_packages=[a,b.c]", "trusted_packages=d"]) == ("a", "b.c", "d")
    for value in ("a", None, 3, [3], [""], ["a."], ["${x}"], ["a b"], {"a": 1}):
        with pytest.raises(ConfigError, match=r"trusted_packages=.*must be a list of package names"):
            read_trusted(value)
    with pytest.raises(ConfigError, match="seed=3: only trusted_packages"):
        trusted_by(["seed=3"])


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / "theirs" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


GLOBAL = "# @package _global_\n"
CALLBACK = GLOBAL + "hydra: {callbacks: {own: {_target_: os.system, command: touch canary}}}\n"
JOB_LOGGING = GLOBAL + "hydra: {job_logging: {handlers: {file: {(): os.system, command: touch canary}}}}\n"
SYSTEM = "own:\n  _target_: os.system\n  command: touch canary\n"


class TestOptionFilesOfOthers:
    """A file below --config-dir can only choose parts."""

    @pytest.mark.parametrize(
        ("files", "overrides", "said"),
        [
            ({"callbacks/own": SYSTEM}, ["callbacks=[own]"], "callbacks.own._target_=os.system: refused"),
            (
                {"experiment/own": GLOBAL + "callbacks:\n  " + SYSTEM.replace("\n", "\n  ")},
                ["experiment=own"],
                "callbacks.own._target_=os.system: refused",
            ),
            (
                {"optimizer/own": "_target_: mine.Optimizer\nlearning_rate: 0.1\n"},
                ["optimizer=own"],
                "optimizer._target_=mine.Optimizer: refused",
            ),
            (
                {"experiment/own": GLOBAL + "trusted_packages: [os]\ncallbacks:\n  own: {_target_: os.abort}"},
                ["experiment=own"],
                "trusted_packages[0]: set by an option file",
            ),
            (
                {"optimizer/own": "defaults: [/trust@_global_: mine]\n", "trust/mine": "trusted_packages: [os]"},
                ["optimizer=own"],
                "trusted_packages[0]: set by an option file",
            ),
            ({"experiment/own": CALLBACK}, ["experiment=own"], "hydra.callbacks.own._target_: set by an option file"),
            (
                {"experiment/own": JOB_LOGGING},
                ["experiment=own"],
                "hydra.job_logging.handlers.file.(): set by an option file",
            ),
            (
                {"experiment/own": GLOBAL + "hydra: {job: {env_set: {GIT_DIR: x}}}"},
                ["experiment=own"],
                "hydra.job.env_set.GIT_DIR: set by an option file",
            ),
            (
                {"experiment/own": GLOBAL + "hydra: {run: {dir: elsewhere}}"},
                ["experiment=own"],
                "hydra.run.dir: set by an option file",
            ),
            (
                {"experiment/own": "# @package hydra.launcher\n_target_: os.system\n"},
                ["experiment=own"],
                "hydra.launcher._target_: set by an option file",
            ),
            (
                {
                    "experiment/own": "defaults: [/launch@_global_.hydra.launcher: mine]",
                    "launch/mine": "_target_: os.system",
                },
                ["experiment=own"],
                "hydra.launcher._target_: set by an option file",
            ),
            (
                {"hydra/launcher/own": "_target_: os.system\n"},
                ["hydra/launcher=own"],
                "hydra/launcher/own.yaml: only runner and Hydra define hydra/ options",
            ),
            (
                {"study/own": "variants: {a: [optimizer._target_=os.system]}"},
                ["study=own"],
                "variant a: optimizer._target_=os.system: refused",
            ),
            (
                {"study/own": "variants: {a: ['trusted_packages=[os]', optimizer._target_=os.system]}"},
                ["study=own"],
                "trusted_packages=[os]: only valid on the command line, not in a variant",
            ),
            (
                {"study/own": "base: ['hydra.searchpath=[pkg://antigravity]']\nvariants: {a: []}"},
                ["study=own"],
                "hydra.searchpath=[pkg://antigravity]: only valid on the command line",
            ),
            (
                {"study/own": "variants: {a: [hydra/launcher=ray]}"},
                ["study=own"],
                "hydra/launcher=ray: only valid on the command line",
            ),
            (
                {"study/own": "variants: {a: []}\ngrid: {optimizer._target_: [os.system]}"},
                ["study=own"],
                "optimizer._target_=os.system: refused",
            ),
            (
                {"study/own": "variants: {a: []}\ntune: {axes: {optimizer._target_: [os.system]}}"},
                ["study=own"],
                "optimizer._target_=os.system: refused",
            ),
            (
                {"dataset/own": "_target_: runner.data.digits.load_digits\nname: digits\nroot: ${oc.env:HOME}"},
                ["dataset=own"],
                "dataset.root: ValueError raised while resolving interpolation: HOME: a configuration may read only",
            ),
            (
                {"optimizer/own": "x: ${oc.create:'{_target_:os.system}'}"},
                ["optimizer=own"],
                "optimizer.x: Unsupported interpolation type oc.create",
            ),
        ],
    )
    def test_is_one_line_and_nothing_is_run(self, program, tmp_path, files, overrides, said):
        write(tmp_path, files)
        answer = program("--config-dir=theirs", *overrides, cwd=tmp_path)
        assert answer.code == 2, answer
        assert said in answer.err
        assert answer.err.startswith("runner: ")
        assert "Traceback" not in answer.err
        assert not (tmp_path / "canary").exists()

    def test_goes_through_where_it_chooses_parts_and_packages_that_the_command_trusts(self, program, tmp_path):
        write(tmp_path, {"optimizer/own": "_target_: mine.Optimizer\nlearning_rate: 0.1\n"})
        for more in ([], ["-m", "seed=0,1"], ["hydra.run.dir=here"], ["+hydra.job.env_set.RUNNER_X=1"]):
            answer = program("--config-dir=theirs", *more, "trusted_packages=[mine]", "optimizer=own", cwd=tmp_path)
            assert answer.code == 0, answer

    @pytest.mark.parametrize("flag", ["--config-dir=theirs", "hydra.searchpath=[theirs]"])
    def test_never_takes_the_name_of_one_of_ours(self, program, tmp_path, flag):
        write(tmp_path, {"optimizer/adam": "_target_: keras.optimizers.Adam\nlearning_rate: 0.05\n"})
        for more in ([], ["-m", "seed=0,1"], ["optimizer.momentum=3"] if "=theirs" in flag else []):
            answer = program(flag, "optimizer=adam", *more, cwd=tmp_path)
            assert answer.code == 2, answer
            assert "optimizer/adam.yaml: has the same name as the built-in option" in answer.err

    def test_plain_interpolations_are_resolved(self, program, tmp_path):
        write(tmp_path, {"experiment/own": GLOBAL + "name: own\nmodel: {hidden_units: ['${seed}']}\n"})
        answer = program("--config-dir=theirs", "experiment=own", "seed=0", cwd=tmp_path)
        assert answer.err == "runner: model.hidden_units.0=0: must be an integer of at least 1\n"


class TestTheCommandLine:
    @pytest.mark.parametrize(
        ("argument", "said"),
        [
            ("optimizer._target_=os.system", "optimizer._target_=os.system: refused"),
            ("+callbacks.own={_target_:os.system,command:'touch canary'}", "callbacks.own._target_=os.system: refused"),
            (
                "+hydra.callbacks.own={_target_:os.system,command:'touch canary'}",
                "hydra.callbacks.own._target_=os.system",
            ),
            ("hydra.launcher.workers={_target_:os.system}", "hydra.launcher.workers._target_=os.system: refused"),
            ("trusted_packages=os", "trusted_packages=os: must be a list of package names"),
            ("--experimental-rerun=file.pickle", "--experimental-rerun: not allowed, because it runs code"),
            ("--experimental=file.pickle", "--experimental-rerun: not allowed, because it runs code"),
            ("--config-name=own", "--config-name: not supported; make your configuration an option"),
            ("--config-path=own", "--config-path: not supported; add your own options with --config-dir"),
        ],
    )
    def test_is_held_to_the_same(self, program, tmp_path, argument, said):
        answer = program(argument, cwd=tmp_path)
        assert (answer.code, said in answer.err) == (2, True), answer
        assert not (tmp_path / "canary").exists()


class TestDirectoriesOfOthers:
    """Configurations of runs and sweeps from elsewhere obey the same rules."""

    @pytest.fixture(params=["resume run", "reproduce run", "resume sweep"])
    def command(self, request, tmp_path) -> list[str]:
        chosen = config("dataset=digits", "optimizer=sgd") | {"seed": 7}
        chosen["optimizer"] |= {"_target_": "mine.Optimizer"}
        job = Job(run_id(chosen), "a", 7, [], {}, chosen, "a_seed7")
        run = RunDirectory(tmp_path / "run")
        run.path.mkdir()
        run.write_config(yaml.safe_dump(chosen))
        run.write_record(made_up.record(job, status="interrupted"))
        Plan([job], launcher={"_target_": "hydra_plugins.runner.LocalLauncher"}).write(tmp_path / "sweep")
        return request.param.split()

    def test_is_refused_or_trusted_by_the_command(self, program, tmp_path, command):
        refused = program(*command, cwd=tmp_path)
        assert refused.code == 2, refused
        assert "optimizer._target_=mine.Optimizer: refused" in refused.err
        trusted = program(*command, "trusted_packages=[mine]", cwd=tmp_path)
        assert trusted.code == 0, trusted

    def test_commands_about_them_take_no_other_override(self, program, tmp_path, command):
        answer = program(*command, "seed=3", cwd=tmp_path)
        assert (answer.code, "seed=3: only trusted_packages=[my_package] is allowed" in answer.err) == (2, True), answer


@pytest.mark.parametrize(
    ("target", "is_foreign"),
    [
        ("keras.layers.Dropout", False),
        ("runner.models.mlp.mlp", False),
        ("keras.layers.Lambda", True),
        ("my_package.Layer", True),
        ("tensorflow.random.uniform", True),
    ],
)
def test_code_of_neither_keras_nor_this_package_is_foreign_wherever_it_is_named(target, is_foreign):
    assert has_foreign_code({"callbacks": {"own": {"layers": [{"_target_": target}]}}}) == is_foreign
