"""Networks of finished runs on files with the raw test examples, compared with the recorded predictions."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from runner.core.errors import UserError
from runner.data.inference import Inference
from runner.data.new_examples import Reader, files_at
from runner.engine.evaluation import Evaluator
from runner.models.objective import encoded, label_form
from runner.records.inference_file import write_inference
from runner.records.run_directory import RunDirectory
from runner.run.build import build_dataset, build_split
from runner.run.predictions import predictions
from runner.run.trained import Trained, read_inference
from tests.composed import config, model_for
from tests.composed import settings as composed
from tests.sweeps.made_up import job, record

GENERATOR = np.random.default_rng(0)


def archive(folder, test):
    np.savez(folder / "new.npz", x=test)
    return folder / "new.npz"


def table(folder, _):
    """A test table with an additional column, and with its columns in a different order from the training table's."""
    rows = pd.DataFrame(GENERATOR.normal([0, 5e3, -3], [1, 10, 0.1], (60, 3)), columns=["a", "b", "c"])
    rows["kind"] = np.where(rows["a"] > 0, "yes", "no")
    rows[:40].to_csv(folder / "train.csv", index=False)
    rows[40:].to_csv(folder / "test.csv", index=False)
    rows[40:].assign(note="text")[["note", "c", "a", "kind", "b"]].to_csv(folder / "new.csv", index=False)
    return folder / "new.csv"


def pictures(folder, _):
    """Colour images of two classes in several sizes."""
    for name in ("train", "test"):
        for number, kind in enumerate(("cat", "dog") * 6):
            (folder / name / kind).mkdir(parents=True, exist_ok=True)
            pixels = GENERATOR.integers(0, 256, (6 + number, 7, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / kind / f"{number:02}.png")
    return folder / "test"


# The overrides, and the function that writes the new examples.
CASES = {
    "bytes": (["dataset=digits"], archive),
    "standardized": (["dataset=digits", "preprocessing=standardize"], archive),
    "whitened": (["dataset=digits", "preprocessing=zca"], archive),
    "per image": (["dataset=digits", "preprocessing=per_image"], archive),
    "one output": (["dataset=binary", "training.loss=binary_crossentropy"], archive),
    "table": (["dataset=csv", "dataset.path=train.csv", "dataset.test_path=test.csv", "dataset.label=kind"], table),
    "colour folder": (
        ["dataset=images", "dataset.path=.", "dataset.channels=3", "dataset.size=[8,8]", "preprocessing=standardize"],
        pictures,
    ),
}


def run_of(folder: Path, overrides, write) -> tuple[RunDirectory, Path]:
    """Make a run without training, and the files of its raw test examples."""
    files = write(folder, None) if write is not archive else None
    chosen = composed(*overrides)
    dataset = build_dataset(chosen)
    split = build_split(chosen, dataset)
    run = RunDirectory(folder / "run")
    run.path.mkdir()
    targets = encoded(split, dataset.classes, label_form(chosen.training.loss))
    model = model_for(chosen, targets.train, dataset.classes)
    model.save(run.model_path)
    run.write_predictions(test_probabilities=Evaluator(model, split.test).predict())
    write_inference(run, Inference.of(dataset, split))
    run.write_config(yaml.safe_dump(config(*overrides)))
    facts = {"name": dataset.name, "fingerprint": dataset.fingerprint}
    run.write_record(replace(record(job()), dataset=facts))
    return run, files or archive(folder, dataset.test_inputs)


@pytest.mark.parametrize("case", CASES)
def test_raw_test_examples_give_the_recorded_predictions(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run, files = run_of(tmp_path, *CASES[case])
    trained = Trained.read(run)
    reader = Reader(trained.inference, run.read_config()["dataset"])
    made = [one for some in predictions(trained, map(reader.read, files_at(files, reader.inference))) for one in some]
    with np.load(run.predictions_path, allow_pickle=False) as saved:
        expected = saved["test_probabilities"]
    np.testing.assert_allclose([one.probabilities for one in made], expected, rtol=1e-3, atol=1e-5)
    names = [trained.inference.classes[number] for number in expected.argmax(axis=1)]
    assert [one.predicted_class for one in made] == names


class TestWithoutAFile:
    """Runs of earlier versions, which did not save the preprocessing."""

    @pytest.fixture
    def run(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        run, _ = run_of(tmp_path, *CASES["table"])
        run.inference_path.rename(tmp_path / "saved.npz")
        return run

    def test_the_preprocessing_is_computed_again_from_the_data(self, run, tmp_path):
        found = read_inference(run).arrays()
        with np.load(tmp_path / "saved.npz", allow_pickle=False) as saved:
            assert {*found} == {*saved}
            for name, array in saved.items():
                np.testing.assert_array_equal(found[name], array)

    def test_other_data_than_those_of_the_run_are_refused(self, run):
        table = pd.read_csv("train.csv")
        table.assign(a=table["a"] + 1).to_csv("train.csv", index=False)
        with pytest.raises(
            UserError, match=r"contains no inference.npz, and .*train.csv does not contain the run's .*fingerprints"
        ):
            read_inference(run)

    def test_missing_data_are_named(self, run):
        Path("train.csv").unlink()
        with pytest.raises(UserError, match=r"cannot be computed again: train.csv: no such file"):
            read_inference(run)

    def test_preprocessing_of_the_user_is_not_imported(self, run):
        own = run.read_config() | {"preprocessing": {"_target_": "os.system"}}
        run.write_config(yaml.safe_dump(own))
        with pytest.raises(UserError, match=r"preprocessing._target_=os.system: refused"):
            read_inference(run)


def test_a_model_and_a_description_of_different_runs_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run, _ = run_of(tmp_path, *CASES["table"])
    write_inference(run, replace(read_inference(run), classes=("a", "b", "c")))
    with pytest.raises(UserError, match=r"do not belong together \(2 outputs for 3 classes\)"):
        Trained.read(run)
    np.savez(run.inference_path, shape=np.array([3]))
    with pytest.raises(UserError, match=r"inference.npz: cannot be read \(has the keys shape; needs shape, dtype"):
        Trained.read(run)
