import numpy as np
import pytest
from PIL import Image

from runner.core.errors import ConfigError
from runner.data.dataset import DataError
from runner.data.inference import Inference
from runner.data.new_examples import Reader, files_at
from runner.data.preprocessing import Unchanged

GREY = Inference((4, 6, 1), "uint8", Unchanged(), ("cat", "dog"))
COLOUR = Inference((4, 6, 3), "uint8", Unchanged(), ("cat", "dog"))
TABLE = Inference((3,), "float32", Unchanged(), ("x", "y"), ("a", "b", "c"))
PIXELS = np.random.default_rng(0).integers(0, 256, (4, 6, 3)).astype(np.uint8)


@pytest.fixture
def image(tmp_path):
    """image("cat/a.png", pixels) -> the path of an image."""

    def write(name, pixels=PIXELS):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / name)
        return tmp_path / name

    return write


@pytest.fixture
def table(tmp_path):
    def write(text, name="t.csv"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


@pytest.fixture
def archive(tmp_path):
    def write(**arrays):
        np.savez(tmp_path / "a.npz", **arrays)
        return tmp_path / "a.npz"

    return write


class TestImages:
    def test_a_colour_image_keeps_its_bytes(self, image):
        np.testing.assert_array_equal(Reader(COLOUR, {}).read(image("a.png")).inputs, PIXELS[np.newaxis])

    def test_colours_become_grey_and_grey_becomes_colours_as_in_image_folders(self, image):
        grey = np.asarray(Image.fromarray(PIXELS).convert("L"))
        np.testing.assert_array_equal(Reader(GREY, {}).read(image("a.png")).inputs[0, ..., 0], grey)
        found = Reader(COLOUR, {}).read(image("grey.png", grey)).inputs[0]
        np.testing.assert_array_equal(found, np.repeat(grey[..., np.newaxis], 3, axis=2))

    def test_another_size_is_refused_unless_the_run_or_the_user_resizes(self, image):
        large = image("large.png", np.zeros((8, 8, 3), np.uint8))
        with pytest.raises(DataError, match=r"large.png: is 8x8, but the images of the run are 4x6 .*; --resize"):
            Reader(COLOUR, {"size": None}).read(large)
        assert Reader(COLOUR, {"size": [4, 6]}).read(large).inputs.shape == (1, 4, 6, 3)
        assert Reader(COLOUR, {}, resize=True).read(large).inputs.shape == (1, 4, 6, 3)

    def test_transparent_pixels_get_the_background_of_the_run(self, image):
        clear = image("clear.png", np.zeros((4, 6, 4), np.uint8))
        assert Reader(COLOUR, {"background": "white"}).read(clear).inputs.min() == 255
        with pytest.raises(DataError, match="transparent pixels; the images of the run have none"):
            Reader(COLOUR, {}).read(clear)
        with pytest.raises(ConfigError, match="background=pink"):
            Reader(COLOUR, {"background": "pink"}).read(clear)

    def test_the_class_is_that_of_the_folder_if_the_run_has_it(self, image):
        assert Reader(COLOUR, {}).read(image("dog/a.png")).classes == ["dog"]
        assert Reader(COLOUR, {}).read(image("bird/a.png")).classes == [None]

    @pytest.mark.parametrize("shape", [(4, 6, 2), (4, 6, 1)])
    def test_inputs_that_no_image_file_holds_need_an_archive(self, image, shape):
        numbers = Inference(shape, "uint8" if shape[-1] == 2 else "float32", Unchanged(), ("cat", "dog"))
        with pytest.raises(DataError, match=r"which image files cannot contain; give an archive"):
            Reader(numbers, {}).read(image("a.png"))

    def test_a_table_is_no_image(self, table):
        with pytest.raises(DataError, match="is a table, but the run was trained on images"):
            Reader(GREY, {}).read(table("a,b,c\n1,2,3\n"))


class TestTables:
    def test_columns_are_found_by_name_in_any_order_beside_others(self, table):
        found = Reader(TABLE, {}).read(table("c,label,a,note,b\n3,x,1,some text,2\n6,,4,,5\n"))
        np.testing.assert_array_equal(found.inputs, [[1, 2, 3], [4, 5, 6]])
        assert found.inputs.dtype == np.float32
        assert found.classes == [None, None]

    def test_a_missing_column_is_named(self, table):
        with pytest.raises(DataError, match=r"t.csv: has no column c; did you mean C\? \(allowed: C, a, b\)"):
            Reader(TABLE, {}).read(table("a,b,C\n1,2,3\n"))

    @pytest.mark.parametrize(("value", "reason"), [("red", "red is not a finite number"), ("", "no value")])
    def test_text_or_nothing_in_a_feature_is_refused_with_its_place(self, table, value, reason):
        with pytest.raises(DataError, match=f"column b, row 2: {reason}"):
            Reader(TABLE, {}).read(table(f"a,b,c\n1,2,3\n4,{value},6\n"))

    def test_a_table_is_read_with_the_separator_of_the_run(self, table):
        found = Reader(TABLE, {"separator": ";"}).read(table("a;b;c\n1;2;3\n", "t.txt"))
        np.testing.assert_array_equal(found.inputs, [[1, 2, 3]])
        with pytest.raises(DataError, match=r"never dataset.separator=,; the run's table has this separator"):
            Reader(TABLE, {}).read(table("a;b;c\n1;2;3\n"))

    @pytest.mark.parametrize("row", ["1,2,x,3\n", "1,2,3\n"])
    def test_without_a_header_the_label_column_may_be_there_or_not(self, table, row):
        positions = Inference((3,), "float32", Unchanged(), ("x", "y"), ("0", "1", "3"))
        np.testing.assert_array_equal(Reader(positions, {"header": False}).read(table(row)).inputs, [[1, 2, 3]])

    def test_a_table_without_rows_and_one_for_unnamed_features_are_refused(self, table):
        with pytest.raises(DataError, match="has no rows"):
            Reader(TABLE, {}).read(table("a,b,c\n"))
        unnamed = Inference((3,), "float32", Unchanged(), ("x", "y"))
        with pytest.raises(DataError, match=r"have no names; give an archive"):
            Reader(unnamed, {}).read(table("a,b,c\n1,2,3\n"))


class TestArchives:
    def test_the_test_part_comes_before_other_arrays_with_its_labels(self, archive):
        images = np.stack([PIXELS, PIXELS[::-1]])
        found = Reader(COLOUR, {}).read(archive(x=images[:1], x_test=images, y_test=np.array([1, 7])))
        np.testing.assert_array_equal(found.inputs, images)
        assert found.classes == ["dog", None]

    def test_a_single_array_may_have_any_name_and_grey_images_no_channels(self, archive):
        assert Reader(GREY, {}).read(archive(mine=PIXELS[np.newaxis, ..., 0])).inputs.shape == (1, 4, 6, 1)

    def test_several_arrays_without_a_known_name_are_refused(self, archive):
        with pytest.raises(DataError, match=r"has the keys one, two; needs x, or x_test, or a single array"):
            Reader(GREY, {}).read(archive(one=PIXELS, two=PIXELS))

    @pytest.mark.parametrize("array", [PIXELS[np.newaxis, :2], PIXELS[np.newaxis] / 255])
    def test_another_shape_and_numbers_instead_of_bytes_are_refused(self, archive, array):
        with pytest.raises(DataError, match=r"a.npz: its examples are .*, but the run was trained on uint8\(4, 6, 3\)"):
            Reader(COLOUR, {}).read(archive(x=array))

    def test_labels_of_another_number_are_refused(self, archive):
        with pytest.raises(DataError, match="1 examples, but 2 labels"):
            Reader(COLOUR, {}).read(archive(x=PIXELS[np.newaxis], y=np.array([0, 1])))


def test_a_damaged_configuration_counts_as_the_usual_options(table):
    assert len(Reader(TABLE, None).read(table("a,b,c\n1,2,3\n")).inputs) == 1


class TestFolders:
    def test_a_folder_stands_for_the_images_below_it_in_order(self, image, tmp_path):
        names = ["cat/1.png", "dog/0.JPG", "top.bmp"]
        for name in names:
            image(name)
        for name in (".hidden.png", "notes.txt", "cat/Thumbs.db"):
            (tmp_path / name).write_text("no image")
        assert [str(file.relative_to(tmp_path)) for file in files_at(tmp_path, GREY)] == names

    def test_a_folder_of_a_run_on_features_stands_for_its_tables_and_archives(self, table, archive, image, tmp_path):
        image("i.png")
        expected = [archive(x=PIXELS), table("a\n1\n")]
        assert files_at(tmp_path, TABLE) == expected

    def test_an_empty_folder_is_refused(self, tmp_path):
        with pytest.raises(DataError, match="contains no images and no archives"):
            files_at(tmp_path, GREY)
