"""Names of classes and files are treated as text, even if they look like something else."""

import csv

import numpy as np
import pytest
from PIL import Image

from runner.data.csv_file import load_csv
from runner.data.image_folder import load_images
from runner.data.npz_file import load_npz
from tests.reporting.test_hostile_names import NAMES

FOLDERS = [name for name in NAMES if "/" not in name and not name.startswith(".") and name.strip() == name]


def test_classes_of_folders_keep_their_names(tmp_path):
    for name in FOLDERS:
        (tmp_path / name).mkdir()
        for number in range(2):
            Image.new("L", (2, 2), number).save(tmp_path / name / f"{number}.png")
    dataset = load_images("own", str(tmp_path), 1, None, 0.5, 0, 1.0)
    assert list(dataset.class_names) == sorted(FOLDERS)


@pytest.mark.parametrize("named", ["label", "-1"])
def test_classes_of_a_table_keep_their_names(tmp_path, named):
    names = sorted({name.strip() for name in NAMES} - {""})
    with (tmp_path / "own.csv").open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(["x", "label"])
        rows.writerows([number, name] for number, name in enumerate(names * 2))
    label = named if named == "label" else int(named)
    dataset = load_csv("own", str(tmp_path / "own.csv"), label, None, 0.5, 0, True, ",", 1.0)
    assert sorted(dataset.class_names) == names


@pytest.mark.parametrize("name", FOLDERS)
def test_a_file_may_have_any_name(tmp_path, name):
    np.savez(tmp_path / "plain.npz", x=np.zeros((8, 2)), y=np.arange(8) % 2)
    (tmp_path / "plain.npz").rename(tmp_path / f"{name}.npz")
    dataset = load_npz("own", str(tmp_path / f"{name}.npz"), 0.5, 0, 1.0)
    assert dataset.source == str(tmp_path / f"{name}.npz")
