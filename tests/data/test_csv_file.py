import shlex

import numpy as np
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from runner.core.errors import ConfigError
from runner.data import csv_file
from runner.data.csv_file import load_csv
from runner.data.dataset import DataError
from runner.data.splitting.splits import split_dataset

HOSTILE = ["NA", "None", "null", "nan", "032", "_base", "[l2]", "*star", "N/A", "NULL", "-inf", "=1+1"]
PLAIN = "a,label,b\n1,0,2.5\n-3,1,4e2\n0.5,1,7\n2,0,1\n"


def write(tmp_path, text, name="mine.csv"):
    (tmp_path / name).write_text(text)
    return str(tmp_path / name)


def load(path, **changes):
    keys = {
        "label": "label",
        "test_path": None,
        "test_size": 0.5,
        "data_seed": 0,
        "header": True,
        "separator": ",",
        "memory_limit_gb": 1.0,
    }
    return load_csv("mine", str(path), **(keys | changes))


def both(tmp_path, text=PLAIN, **changes):
    """Load the file as both training and test part, which keeps its order."""
    path = write(tmp_path, text)
    return load(path, test_path=path, **changes)


def test_every_column_but_the_label_is_a_feature_in_the_order_of_the_file(tmp_path):
    dataset = both(tmp_path)
    assert dataset.train_inputs.tolist() == [[1, 2.5], [-3, 400], [0.5, 7], [2, 1]]
    assert dataset.train_labels.tolist() == [0, 1, 1, 0]
    assert (dataset.train_inputs.dtype, dataset.train_labels.dtype) == (np.float32, np.int32)
    assert np.array_equal(dataset.test_inputs, dataset.train_inputs)
    assert dataset.classes == 2


def test_one_file_is_divided_by_its_seed(tmp_path):
    path = write(tmp_path, "x,label\n" + "".join(f"{n},{n % 3}\n" for n in range(30)))
    dataset = load(path, test_size=0.2)
    assert sorted([*dataset.train_inputs.ravel(), *dataset.test_inputs.ravel()]) == list(range(30))
    assert np.bincount(dataset.test_labels).tolist() == [2, 2, 2]
    assert load(path).fingerprint == load(path).fingerprint != load(path, data_seed=1).fingerprint


def test_a_validation_file_is_the_validation_part_with_the_classes_of_the_first_file(tmp_path):
    path = write(tmp_path, PLAIN)
    dataset = load(path, test_path=path, validation_path=write(tmp_path, "a,label,b\n7,1,8\n9,0,0\n", "val.csv"))
    assert dataset.validation.inputs.tolist() == [[7, 8], [9, 0]]
    assert dataset.validation.labels.tolist() == [1, 0]
    assert split_dataset(dataset, 0.2, "last", 0).sizes == {"train": 4, "validation": 2, "test": 4}


def test_a_validation_file_is_refused_if_it_does_not_fit(tmp_path):
    path = write(tmp_path, PLAIN)
    for text, said in (("a,label\n1,0\n", "differs from .* in the columns b"), ("a,label,b\n1,9,2\n", "not a class")):
        with pytest.raises(DataError, match=rf"val.csv: .*{said}"):
            load(path, validation_path=write(tmp_path, text, "val.csv"))


@pytest.mark.parametrize("label", ["label", 1, -2])
def test_the_label_is_a_name_or_a_position(tmp_path, label):
    assert both(tmp_path, label=label).train_labels.tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        (["dog", "cat", "dog", "emu"], [1, 0, 1, 2]),
        (["10", "9", "-1", "10"], [2, 1, 0, 2]),
        (["2.0", "1", "2", "1.0"], [1, 0, 1, 0]),
        (["1", "b", "10", "b"], [0, 2, 1, 2]),
        (["True", "False", "True", "True"], [1, 0, 1, 1]),
    ],
    ids=["names", "numbers", "spellings", "both", "truth"],
)
def test_classes_are_numbered_in_their_order(tmp_path, written, numbers):
    text = "x,label\n" + "".join(f"0,{label}\n" for label in written)
    assert both(tmp_path, text).train_labels.tolist() == numbers


def test_classes_keep_the_names_that_the_file_gives_them(tmp_path):
    assert both(tmp_path, "x,label\n0,dog\n1,cat\n2,dog\n").class_names == ("cat", "dog")
    assert both(tmp_path, "x,label\n0,10\n1,7.0\n2,7\n").class_names == ("7", "10")


@pytest.mark.parametrize(
    ("first", "second"),
    [("2_1", "21"), ("9007199254740993", "9007199254740992")],
    ids=["what Python reads as one number", "what a float cannot tell apart"],
)
def test_names_that_differ_are_different_classes(tmp_path, first, second):
    text = f"x,label\n0,{first}\n0,{second}\n0,a\n"
    assert sorted(both(tmp_path, text).train_labels) == [0, 1, 2]


def test_a_nul_is_refused_where_pandas_would_end_the_value(tmp_path):
    with pytest.raises(DataError, match=r"mine.csv: line 3 contains a NUL byte; save the file as text in UTF-8"):
        both(tmp_path, PLAIN.replace("-3", "-3\0007"))


def test_a_file_without_a_header_is_read_from_its_first_row(tmp_path):
    dataset = both(tmp_path, "5,1,2\n4,3,4\n", header=False, label=0)
    assert dataset.train_inputs.tolist() == [[1, 2], [3, 4]]
    assert dataset.train_labels.tolist() == [1, 0]


def test_numbers_where_names_are_expected_are_an_error_that_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match=r"first row contains numbers, not names; dataset.header=false"):
        both(tmp_path, "5,1,2\n4,3,4\n", label=0)
    assert both(tmp_path, "0,1,2\n4,3,4\n5,6,7\n", label=0).train_labels.tolist() == [0, 1]  # as pandas numbers columns


@pytest.mark.parametrize(
    "text",
    ["0.3,0.6,1.8,setosa\n0.4,0.6,1.7,setosa\n1.4,2.2,4.7,virginica\n", "1,5,9,cat\n2,6,7,cat\n3,4,5,dog\n"],
    ids=["numbers in no order", "its class occurs again"],
)
def test_a_first_row_with_a_class_is_an_example(tmp_path, text):
    with pytest.raises(DataError, match=r"first row .*dataset\.header=false reads it as an example"):
        both(tmp_path, text, label=-1)
    with pytest.raises(ConfigError, match=r"no such column.*; if it has no header: dataset.header=false"):
        both(tmp_path, text)
    assert len(both(tmp_path, text, label=-1, header=False).train_labels) == 3


def test_years_can_be_names_of_columns(tmp_path):
    text = "2019,2020,kind\n5,4,a\n3,2,b\n"
    for label in ("kind", -1):
        assert both(tmp_path, text, label=label).train_inputs.tolist() == [[5, 4], [3, 2]]


def test_spaces_around_names_are_no_part_of_them(tmp_path):
    dataset = both(tmp_path, "a , label, b\n 1, 0, 2.5\n3 ,1 ,4\n")
    assert dataset.train_inputs.tolist() == [[1, 2.5], [3, 4]]
    assert dataset.train_labels.tolist() == [0, 1]


def test_a_class_may_have_the_name_of_a_missing_value(tmp_path):
    names = ["", *HOSTILE]
    rows = "".join(f"{n},{name}\n" for n, name in enumerate(HOSTILE))
    assert sorted(both(tmp_path, "x,label\n" + rows).class_names) == sorted(HOSTILE)
    with pytest.raises(DataError, match="column label, row 2: no value"):
        both(tmp_path, f"x,label\n1,a\n2,{names[0]}\n")


def test_large_numbers_that_differ_by_little_stay_apart(tmp_path):
    hour = 3600
    times = [1_700_000_000 + hour * n for n in range(48)]
    dataset = both(tmp_path, "time,label\n" + "".join(f"{time},{n % 2}\n" for n, time in enumerate(times)))
    assert dataset.train_inputs.ravel().tolist() == times


def test_the_separator_can_be_chosen(tmp_path):
    assert both(tmp_path, PLAIN.replace(",", ";"), separator=";").train_inputs[1].tolist() == [-3, 400]
    assert both(tmp_path, PLAIN.replace(",", "\t"), separator=r"\t").train_inputs[1].tolist() == [-3, 400]
    for several in ("", "::", '"', "\n"):
        with pytest.raises(ConfigError, match=r"^dataset\.separator=.*must be one character"):
            both(tmp_path, separator=several)
    with pytest.raises(DataError, match=r"has only one column; is dataset.separator=, correct"):
        both(tmp_path, PLAIN.replace(",", " "))


@pytest.mark.parametrize(("other", "typed"), [(";", ";"), ("\t", r"\t"), ("|", "|")])
def test_a_file_with_another_separator_is_an_error_that_names_it(tmp_path, other, typed):
    decimal_commas = PLAIN.replace(",", other).replace(".", ",")
    with pytest.raises(DataError, match=r"mine\.csv: .* never dataset\.separator=,; to use it: ") as caught:
        both(tmp_path, decimal_commas)
    said = str(caught.value)
    assert f"contains {typed} 2 times" in said
    (override,) = shlex.split(said.partition("to use it: ")[2])
    separator = OverridesParser.create().parse_override(override).value()
    assert both(tmp_path, PLAIN.replace(",", other), separator=separator).train_inputs[1].tolist() == [-3, 400]
    with pytest.raises(DataError, match="column b, row 1: 2,5 is not a finite number; write decimals with a point"):
        both(tmp_path, decimal_commas, separator=separator)


def test_a_missing_label_column_is_an_error_with_the_nearest(tmp_path):
    with pytest.raises(ConfigError, match=r"dataset.label=lable: .*mine.csv has no such column; did you mean label"):
        both(tmp_path, label="lable")
    with pytest.raises(ConfigError, match=r"dataset.label=3: .* has no such column \(allowed: a, b, label\)"):
        both(tmp_path, label=3)
    many = [f"pixel{number}" for number in range(100)]
    wide = ",".join(many) + "\n" + ",".join("0" * 100) + "\n"
    with pytest.raises(ConfigError, match=r"has no such column \(its columns: pixel0, pixel1, .*, \.\.\., pixel99\)"):
        both(tmp_path, wide)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1,1,red", "column b, row 5: red is not a finite number"),
        ("1,1,", "column b, row 5: no value"),
        ("1,1,NaN", "column b, row 5: no value"),
        ("inf,1,2", "column a, row 5: inf is not a finite number"),
        ("1e300,1,2", r"column a, row 5: 1e\+300 is not a finite number"),
        ("1,,2", "column label, row 5: no value"),
        ("1,0.5,2", "column label contains 0.5; classes are names or whole numbers"),
        ("1,1", "column b, row 5: no value"),
        ("1,1,2,3", "cannot be read as CSV .*Expected 3 fields in line 6, saw 4"),
        ('1,1,"2', "cannot be read as CSV"),
    ],
)
@pytest.mark.parametrize("at_once", [2**22, 6], ids=["at once", "two rows at a time"])
def test_what_is_no_number_is_an_error_that_names_file_column_and_row(tmp_path, monkeypatch, row, said, at_once):
    monkeypatch.setattr(csv_file, "_VALUES_AT_ONCE", at_once)
    with pytest.raises(DataError, match=said) as caught:
        both(tmp_path, PLAIN + row + "\n")
    assert "mine.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_rows_longer_than_the_header_are_an_error(tmp_path):
    with pytest.raises(DataError, match=r"cannot be read as CSV .*Expected 2 fields in line 2, saw 3"):
        both(tmp_path, "x,label\n1,0,5\n2,1,6\n")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (",x,label", "a column has no name; remove it if it contains row numbers"),
        ("x,x,label", "cannot be read .*Duplicate names"),
    ],
)
def test_columns_need_names_of_their_own(tmp_path, header, said):
    with pytest.raises(DataError, match=said):
        both(tmp_path, header + "\n0,5,0\n1,6,1\n")


def test_rows_read_piece_by_piece_are_the_same_data(tmp_path, monkeypatch):
    text = "x,label,y\n" + "".join(f"{n},{'c' if n > 15 else n % 2},{n * n}\n" for n in range(20))
    whole = both(tmp_path, text)
    monkeypatch.setattr(csv_file, "_VALUES_AT_ONCE", 10)
    assert both(tmp_path, text).fingerprint == whole.fingerprint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "cannot be read as CSV"),
        ("a,label\n", "has no rows"),
        ("a,label\n1,0\n2,0\n", "all training examples have"),
    ],
    ids=["empty", "header alone", "one class"],
)
def test_a_file_without_data_is_an_error(tmp_path, text, said):
    with pytest.raises(DataError, match=said):
        both(tmp_path, text)


def test_a_file_that_is_not_there_or_not_text_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r"nowhere.csv: no such file"):
        load(tmp_path / "nowhere.csv")
    (tmp_path / "mine.csv").write_bytes(b"\xff\xfelabel,\x80\n1,2\n")
    with pytest.raises(DataError, match="cannot be read as CSV"):
        load(tmp_path / "mine.csv")


def test_the_test_file_needs_the_same_columns_and_known_classes(tmp_path):
    path = write(tmp_path, PLAIN)
    with pytest.raises(DataError, match=r"other.csv: differs from .*mine.csv in the columns b, c$"):
        load(path, test_path=write(tmp_path, "a,label,c\n1,0,2\n", "other.csv"))
    with pytest.raises(DataError, match=r"other.csv: differs from .*mine.csv in the order of its columns"):
        load(path, test_path=write(tmp_path, "b,label,a\n1,0,2\n", "other.csv"))
    with pytest.raises(DataError, match=r"other.csv: column label, row 2: 7 is not a class of the training part"):
        load(path, test_path=write(tmp_path, "a,label,b\n1,0,2\n1,7,2\n", "other.csv"))


def test_a_test_file_of_one_class_tells_nothing(tmp_path):
    path = write(tmp_path, PLAIN)
    with pytest.raises(DataError, match=r"all test examples have the same class \(0\), so they cannot measure"):
        load(path, test_path=write(tmp_path, "a,label,b\n1,0,2\n3,0,2\n", "other.csv"))


def test_more_than_the_limit_is_refused(tmp_path):
    assert both(tmp_path, memory_limit_gb=32e-9).classes == 2  # four rows of two float32
    with pytest.raises(DataError, match=r"mine.csv: 3.2e-08 GB decoded, more than dataset.memory_limit_gb=3.1e-08"):
        both(tmp_path, memory_limit_gb=31e-9)


def test_whole_numbers_that_would_lose_digits_are_refused(tmp_path):
    for start, fits in ((2**53 - 20, True), (2**60, False)):
        rows = "".join(f"{start + number},{number % 2}\n" for number in range(20))
        (tmp_path / "own.csv").write_text(f"nanoseconds,label\n{rows}")
        if fits:
            assert len(np.unique(load(tmp_path / "own.csv").train_inputs)) == 10  # half of them form the test part
        else:
            with pytest.raises(DataError, match=r"column nanoseconds: whole numbers beyond 2\^53"):
                load(tmp_path / "own.csv")
