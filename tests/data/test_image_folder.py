import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runner.core.errors import ConfigError
from runner.data.dataset import DataError
from runner.data.image_folder import load_images


def save(file: Path, value=0, size=(6, 4), mode="L"):
    """An image of one colour, width x height."""
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value).save(file)


def load(root, **changes):
    keys = {"channels": 1, "size": None, "test_size": 0.5, "data_seed": 0, "memory_limit_gb": 1.0}
    return load_images("mine", str(root), **(keys | changes))


@pytest.fixture
def two_parts(tmp_path) -> Path:
    """Cats of value 0, 1, ..., dogs of 100, 101, ...: ten and five for training, two and one for testing."""
    for part, cats, dogs in (("train", 10, 5), ("test", 2, 1)):
        for number in range(cats):
            save(tmp_path / part / "cat" / f"{number}.png", number)
        for number in range(dogs):
            save(tmp_path / part / "dog" / f"{number}.png", 100 + number)
    return tmp_path


def values(inputs) -> list[int]:
    assert (inputs == inputs[:, :1, :1]).all()
    return inputs[:, 0, 0, 0].tolist()


def test_folders_are_classes_in_the_order_of_the_alphabet(two_parts):
    dataset = load(two_parts)
    assert dataset.train_inputs.shape == (15, 4, 6, 1)
    assert dataset.train_inputs.dtype == np.uint8
    assert sorted(values(dataset.train_inputs)) == [*range(10), *range(100, 105)]
    assert [int(value >= 100) for value in values(dataset.train_inputs)] == dataset.train_labels.tolist()
    assert values(dataset.test_inputs) == [0, 1, 100]
    assert dataset.test_labels.tolist() == [0, 0, 1]
    assert dataset.classes == 2
    assert dataset.class_names == load(two_parts / "train").class_names == ("cat", "dog")


def test_training_images_are_mixed_so_that_the_last_ones_hold_all_classes(two_parts):
    dataset = load(two_parts)
    assert np.bincount(dataset.train_labels[-3:]).tolist() in ([2, 1], [1, 2])
    assert load(two_parts).fingerprint == dataset.fingerprint != load(two_parts, data_seed=1).fingerprint


def test_without_a_test_folder_a_share_of_each_class_is_drawn(two_parts):
    dataset = load(two_parts / "train", test_size=0.2)
    together = values(dataset.train_inputs) + values(dataset.test_inputs)
    assert sorted(together) == [*range(10), *range(100, 105)]
    assert np.bincount(dataset.test_labels).tolist() == [2, 1]


def test_colours_and_grey_are_what_pillow_makes_of_them(tmp_path):
    colour = (200, 100, 50)
    for name in ("a/1", "a/2", "b/1", "b/2"):
        save(tmp_path / f"{name}.png", colour, mode="RGB")
    assert load(tmp_path, channels=3).train_inputs[0, 0, 0].tolist() == list(colour)
    grey = round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)  # ITU-R 601-2 luma
    assert load(tmp_path, channels=1).train_inputs[0, 0, 0].tolist() == [grey]


def test_a_size_of_height_and_width_resizes_all(two_parts):
    save(two_parts / "train" / "cat" / "large.png", 7, size=(50, 40))
    dataset = load(two_parts, size=[3, 8])
    assert dataset.train_inputs.shape == (16, 3, 8, 1)
    assert sorted(values(dataset.train_inputs)) == sorted([*range(10), 7, *range(100, 105)])


def test_an_image_above_the_limit_is_refused_though_it_would_be_resized(two_parts):
    save(two_parts / "train" / "cat" / "large.png", 7, size=(500, 400))
    assert load(two_parts, size=[3, 8], memory_limit_gb=2e-4).classes == 2
    with pytest.raises(DataError, match=r"large.png: 0.0002 GB decoded, more than dataset.memory_limit_gb=0.00019"):
        load(two_parts, size=[3, 8], memory_limit_gb=1.9e-4)


def test_photographs_with_views_of_themselves_are_read_and_animations_refused(two_parts):
    file = two_parts / "train" / "cat" / "0.png"
    views = [Image.new("L", (6, 4), 100)]
    Image.new("L", (6, 4), 0).save(file, "MPO", save_all=True, append_images=views)
    assert len(load(two_parts).train_labels) == 15
    Image.new("L", (6, 4), 0).save(file, "GIF", save_all=True, append_images=views)
    with pytest.raises(DataError, match=r"cat/0.png: contains 2 images; save each in its own file"):
        load(two_parts)


def test_images_of_different_size_are_an_error_that_names_the_first(two_parts):
    save(two_parts / "train" / "cat" / "5.png", size=(6, 5))
    save(two_parts / "train" / "cat" / "7.png", size=(1, 1))
    with pytest.raises(DataError, match=r"train/cat/5.png: is 5x6, but the first image is 4x6 .*dataset.size="):
        load(two_parts)


def test_parts_of_different_size_are_an_error(two_parts):
    for file in (two_parts / "test").rglob("*.png"):
        save(file, size=(5, 5))
    with pytest.raises(DataError, match=r"examples differ: uint8\(4, 6, 1\) and uint8\(5, 5, 1\)"):
        load(two_parts)


@pytest.mark.parametrize("name", ["0.png", "5.png"], ids=["the first", "another"])
@pytest.mark.parametrize("spoil", [lambda image: b"no image", lambda image: image[:44], lambda image: b""])
def test_an_unreadable_image_is_an_error_that_names_it(two_parts, name, spoil):
    file = two_parts / "train" / "cat" / name
    file.write_bytes(spoil(file.read_bytes()))
    with pytest.raises(DataError, match=rf"cat/{name}: not a readable image") as caught:
        load(two_parts)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("mode", ["I;16", "I", "F"])
def test_more_than_bytes_are_an_error_and_never_clipped(two_parts, mode):
    file = two_parts / "train" / "cat" / "3.tif"
    save(file, 1000, mode=mode)
    with pytest.raises(DataError, match=r"3.tif: has more than 8 bits per channel"):
        load(two_parts)


def ink(mode):
    """A black dot on a transparent background, in each of the formats for transparency."""
    image = Image.new("RGBA", (6, 4), (0, 0, 0, 0))
    image.putpixel((2, 1), (0, 0, 0, 255))
    return image.convert(mode) if mode != "P" else image.quantize(4)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_images_are_refused_until_a_background_is_chosen(two_parts, mode):
    for file in two_parts.rglob("*.png"):
        ink(mode).save(file)
    with pytest.raises(DataError, match=r"0\.png: has transparent pixels; dataset\.background=white"):
        load(two_parts)
    on_white = load(two_parts, background="white").train_inputs[0, :, :, 0]
    assert on_white[1, 2] == 0
    assert np.bincount(on_white.ravel()).tolist()[::255] == [1, 23]
    with pytest.raises(DataError, match=r"0\.png: is blank on dataset\.background=black, .*; choose white"):
        load(two_parts, background="black")
    with pytest.raises(ConfigError, match=r"dataset\.background=pink: must be null, white or black"):
        load(two_parts, background="pink")


def test_a_transparency_that_no_pixel_has_is_no_matter(two_parts):
    plain = load(two_parts)
    for file in two_parts.rglob("*.png"):
        Image.open(file).convert("RGBA").save(file)
    assert load(two_parts).fingerprint == plain.fingerprint


@pytest.mark.parametrize(("orientation", "corner"), [(1, (0, 0)), (3, (-1, -1)), (6, (0, -1)), (8, (-1, 0))])
def test_photographs_are_turned_upright(two_parts, orientation, corner):
    exif = Image.Exif()
    exif[0x0112] = orientation
    for file in two_parts.rglob("*.png"):
        image = Image.new("L", (6, 4), 0)
        image.putpixel((0, 0), 255)
        image.save(file, exif=exif)
    dataset = load(two_parts)
    assert dataset.train_inputs.shape[1:3] == ((6, 4) if orientation > 4 else (4, 6))
    assert dataset.train_inputs[0][corner] == 255
    assert ["EXIF" in note for note in dataset.notes] == ([] if orientation == 1 else [True])


def test_colours_that_are_lost_are_said(two_parts):
    save(two_parts / "train" / "cat" / "0.png", (200, 100, 50), mode="RGB")
    save(two_parts / "train" / "cat" / "1.png", (9, 9, 9), mode="RGB")
    (note,) = load(two_parts).notes
    assert note.endswith(f"converted to grayscale; dataset.channels=3 keeps the colours (1 of 18 in {two_parts}).")
    assert load(two_parts, channels=3).notes == ()


def test_colours_lost_in_both_parts_are_said_once(two_parts):
    for part in ("train", "test"):
        save(two_parts / part / "cat" / "0.png", (200, 100, 50), mode="RGB")
    (note,) = load(two_parts).notes
    assert f"(2 of 18 in {two_parts})" in note


def test_colours_of_sixteen_bits_are_refused_though_pillow_reads_eight(two_parts):
    chunks = struct.pack(">2I5B", 6, 4, 16, 2, 0, 0, 0), zlib.compress(4 * (b"\0" + 6 * b"\1\2\3\4\5\6")), b""
    content = b"\x89PNG\r\n\x1a\n"
    for kind, data in zip((b"IHDR", b"IDAT", b"IEND"), chunks, strict=True):
        content += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    (two_parts / "train" / "cat" / "3.png").write_bytes(content)
    with pytest.raises(DataError, match=r"3.png: has more than 8 bits per channel"):
        load(two_parts, channels=3)


def test_hidden_files_are_left_out(two_parts):
    (two_parts / "train" / ".cache").mkdir()
    (two_parts / "train" / "cat" / ".notes").write_text("no image")
    assert len(load(two_parts).train_labels) == 15


@pytest.mark.parametrize("content", [[], ["notes.txt"]], ids=["empty", "files alone"])
def test_no_class_folders_are_an_error(tmp_path, content):
    for name in content:
        (tmp_path / name).write_text("")
    with pytest.raises(DataError, match="has no class folders"):
        load(tmp_path)


def test_folders_of_folders_are_an_error(two_parts):
    (two_parts / "test").rename(two_parts / "holdout")  # so `train` and `holdout` look like classes
    with pytest.raises(DataError, match="holdout/cat: is a folder; images are expected"):
        load(two_parts)


def test_empty_class_folders_are_an_error(tmp_path):
    (tmp_path / "cat").mkdir()
    with pytest.raises(DataError, match="cat: contains no images"):
        load(tmp_path)


def test_one_class_alone_is_an_error(tmp_path):
    for number in range(4):
        save(tmp_path / "cat" / f"{number}.png")
    with pytest.raises(DataError, match="all training examples have the same class"):
        load(tmp_path)


def test_a_class_of_the_test_part_alone_is_an_error(two_parts):
    save(two_parts / "test" / "emu" / "0.png")
    with pytest.raises(DataError, match=r"test/emu: .*train has no such class"):
        load(two_parts)


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r"nowhere: cannot be read \(No such file or directory\)"):
        load(tmp_path / "nowhere")


@pytest.mark.parametrize("channels", [0, 2, 4, None])
def test_channels_are_one_or_three(two_parts, channels):
    with pytest.raises(ConfigError, match=rf"dataset.channels={channels}: must be 1 \(grayscale\) or 3 \(RGB\)"):
        load(two_parts, channels=channels)


@pytest.mark.parametrize("size", [[3], [0, 3], [3, 3.5], [3, True], 28, "28"])
def test_a_size_is_two_whole_numbers(two_parts, size):
    with pytest.raises(ConfigError, match=r"dataset.size=.*: must be null or \[height, width\]"):
        load(two_parts, size=size)


def test_more_than_the_limit_is_refused_before_the_images_are_read(two_parts):
    (two_parts / "train" / "dog" / "0.png").write_bytes(b"never read")
    with pytest.raises(DataError, match=r"train: 3.6e-07 GB decoded, more than dataset.memory_limit_gb=3.5e-07"):
        load(two_parts, memory_limit_gb=350e-9)  # 15 images of 24 bytes
    with pytest.raises(DataError, match=r"train: 1.08e-06 GB decoded"):
        load(two_parts, channels=3, memory_limit_gb=1e-6)


def add_validation(root, name="val"):
    for kind, value in (("cat", 50), ("dog", 150)):
        save(root / name / kind / "only.png", value)


@pytest.mark.parametrize("name", ["val", "valid", "validation"])
def test_a_folder_for_validation_is_the_validation_part(two_parts, name):
    before = load(two_parts)
    add_validation(two_parts, name)
    dataset = load(two_parts)
    assert values(dataset.validation.inputs) == [50, 150]
    assert dataset.validation.labels.tolist() == [0, 1]
    assert np.array_equal(dataset.train_inputs, before.train_inputs)
    assert before.validation is None
    assert dataset.fingerprint != before.fingerprint


def test_beside_training_and_validation_folders_test_is_drawn_from_training(two_parts):
    (two_parts / "test").rename(two_parts.parent / "elsewhere")
    add_validation(two_parts)
    dataset = load(two_parts, test_size=0.2)
    assert sorted(values(dataset.train_inputs) + values(dataset.test_inputs)) == [*range(10), *range(100, 105)]
    assert values(dataset.validation.inputs) == [50, 150]


def test_capitals_in_the_names_of_the_parts_do_not_matter(two_parts):
    add_validation(two_parts)
    before = load(two_parts)
    for name in ("train", "test", "val"):
        (two_parts / name).rename(two_parts / name.capitalize())
    assert load(two_parts).fingerprint == before.fingerprint
    save(two_parts / "TEST" / "cat" / "only.png")
    if not (two_parts / "tEST").exists():  # on a case-sensitive file system
        with pytest.raises(DataError, match=r"Test: TEST exists too; keep one of them"):
            load(two_parts)


def test_two_folders_for_validation_are_refused(two_parts):
    for name in ("val", "validation"):
        add_validation(two_parts, name)
    with pytest.raises(DataError, match="val: validation exists too; keep one of them"):
        load(two_parts)


def test_a_validation_folder_with_a_class_of_its_own_is_refused(two_parts):
    add_validation(two_parts)
    save(two_parts / "val" / "cow" / "1.png")
    with pytest.raises(DataError, match=r"val/cow: .*train has no such class"):
        load(two_parts)


@pytest.mark.parametrize("name", ["Thumbs.db", "desktop.ini", "Desktop.ini", "ehthumbs.db", ".DS_Store"])
def test_files_that_the_system_put_into_a_folder_are_passed_over(two_parts, name):
    before = load(two_parts)
    for folder in ("", "train", "train/cat", "test/dog"):
        (two_parts / folder / name).write_bytes(b"x")
    (two_parts / "train" / "__MACOSX").mkdir()
    dataset = load(two_parts)
    assert (dataset.fingerprint, dataset.class_names) == (before.fingerprint, before.class_names)
