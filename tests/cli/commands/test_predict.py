import csv
import io
import shutil

import numpy as np
import pytest
from PIL import Image

from runner.cli.commands.predict import predict_command
from runner.core.errors import Stopped, UserError
from runner.data.embedded import load_mnist_5k
from runner.records.run_directory import RunDirectory


@pytest.fixture(scope="module")
def digits(once):
    """Ten test digits of the embedded MNIST as images in the folders of their classes, and together as an archive."""

    def write(folder):
        dataset = load_mnist_5k("mnist_5k")
        for number in range(10):
            path = folder / "images" / str(dataset.test_labels[number]) / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(dataset.test_inputs[number, ..., 0]).save(path)
        np.savez(folder / "all.npz", x=dataset.test_inputs, y=dataset.test_labels)

    return once("digits", write)


@pytest.fixture
def predicted(finished_run, digits, monkeypatch, capsys):
    """predicted("all.npz") -> the rows that the command prints for files, and its messages."""
    monkeypatch.chdir(digits)

    def run(*arguments):
        predict_command([str(finished_run), *arguments])
        said = capsys.readouterr()
        return list(csv.DictReader(io.StringIO(said.out))), said.err

    return run


def test_the_test_examples_give_the_recorded_predictions_of_a_trained_run(predicted, finished_run):
    rows, _ = predicted("all.npz")
    recorded = RunDirectory(finished_run).read_predictions()["test_probabilities"]
    assert list(rows[0]) == ["file", "prediction", *(f"probability_{digit}" for digit in range(10))]
    found = [[float(row[f"probability_{digit}"]) for digit in range(10)] for row in rows]
    np.testing.assert_allclose(found, recorded, rtol=1e-3, atol=1e-5)
    assert [int(row["prediction"]) for row in rows] == list(recorded.argmax(axis=1))


def test_a_file_that_cannot_be_read_is_named_and_costs_only_itself(predicted, digits, capsys, tmp_path):
    (tmp_path / "bad.png").write_text("no image")
    image = next((digits / "images").glob("*/*.png"))
    with pytest.raises(Stopped) as stopped:
        predicted(str(tmp_path / "bad.png"), "missing.png", str(image))
    assert stopped.value.code == 1
    assert [row["file"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))] == [str(image)]


class TestShow:
    def test_the_most_confident_errors_are_drawn(self, predicted, digits, tmp_path):
        rows, _ = predicted("all.npz", "--show", str(tmp_path / "errors.png"))
        assert len(rows) == 1000
        with Image.open(tmp_path / "errors.png") as picture:
            assert picture.width == 1400

    def test_without_errors_there_is_no_picture(self, predicted, digits, tmp_path):
        rows, _ = predicted("images")
        right = [row["file"] for row in rows if row["file"].split("/")[1] == row["prediction"]]
        _, said = predicted(*right, "--show", str(tmp_path / "errors.png"))
        assert said == f"no picture: all predictions for the {len(right)} examples with a known class are correct\n"
        assert not list(tmp_path.iterdir())

    def test_unknown_classes_and_another_suffix_are_errors(self, predicted, digits, tmp_path, capsys):
        image = shutil.copy(next((digits / "images").glob("*/*.png")), tmp_path)
        with pytest.raises(UserError, match=r"--show: no image is in a folder with the name of its class"):
            predicted(str(image), "--show", str(tmp_path / "errors.png"))
        with pytest.raises(SystemExit):
            predicted(str(image), "--show", "errors.txt")
        assert "errors.txt: must end in .png, .svg, .pdf" in capsys.readouterr().err


def test_a_directory_without_a_run_or_a_model_is_an_error(tmp_path):
    with pytest.raises(UserError, match=r"contains no run \(no record.json in it\)"):
        predict_command([str(tmp_path), "a.png"])
    (tmp_path / "record.json").write_text("{}")
    with pytest.raises(UserError, match=r"contains no model.keras: the run has not ended, or its model was removed"):
        predict_command([str(tmp_path), "a.png"])
    with pytest.raises(UserError, match="no such directory"):
        predict_command([str(tmp_path / "none"), "a.png"])
