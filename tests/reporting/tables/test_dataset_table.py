import pandas as pd

from runner.reporting.tables.dataset_table import dataset_table

ARMS = {"a [x]": "a", "b [x]": "b", "a [y]": "a"}
MARKS = {"a [x]": "best", "b [x]": "as good", "a [y]": "best"}


def aggregate(**given):
    rows = {"variant": [*ARMS], "dataset": ["x", "x", "y"], "mean": [0.9, 0.8, 0.7], "std": 0.01, "n": [8, 8, 6]}
    return pd.DataFrame(rows | {"metric": "test_accuracy"} | given)


def table(**given):
    return dataset_table(aggregate(**given), ARMS, MARKS, None, ["a", "b"])


def test_every_data_set_has_a_column_and_every_variant_a_row():
    assert table().rows == [
        {"variant": "a", "x": "90.00 ± 1.00", "y": "70.00 ± 1.00"},
        {"variant": "b", "x": "80.00 ± 1.00", "y": "-"},
    ]
    assert table().marks == [["best", "best"], ["as good", ""]]


def test_one_data_set_has_no_such_table():
    assert table(dataset="x") is None


def test_rows_have_the_order_that_was_asked_for():
    found = dataset_table(aggregate(), ARMS, MARKS, None, ["b", "a"])
    assert [row["variant"] for row in found.rows] == ["b", "a"]
    assert found.marks == [["as good", ""], ["best", "best"]]


def test_average_ranks_are_the_last_column():
    found = dataset_table(aggregate(), ARMS, MARKS, {"a": 1.25}, ["a", "b"])
    assert [row["average rank"] for row in found.rows] == ["1.25", "-"]
    assert "Average rank: 1 is best." in found.caption
    assert "rank" not in table().caption


def test_the_caption_names_the_metric_its_unit_and_the_runs():
    assert table().caption.startswith(
        "Test accuracy (%): mean and standard deviation over n = 6 to 8 runs on each data"
    )
    assert "standard deviation" not in table(n=1).caption


def test_a_legend_explains_only_marks_that_occur():
    plain = dataset_table(aggregate(), ARMS, dict.fromkeys(MARKS, "best"), None, ["a", "b"])
    for text, mark in ((table().markdown(), r"\\*: not"), (table().latex("t"), "Underlined: not")):
        assert mark.replace("\\\\", "\\") in text
    assert "not significantly" not in plain.markdown() + plain.latex("t")
    assert r"\label{tab:t-data-sets}" in plain.latex("t")
    assert "*: not" in table().latex("t", siunitx=True)


def test_the_files_are_written(tmp_path):
    assert [path.name for path in table().write(tmp_path)] == ["table_by_dataset.md", "table_by_dataset.tex"]
    assert (tmp_path / "table_by_dataset.md").read_text() == table().markdown()
