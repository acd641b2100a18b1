from runner.reporting.tables.marks import of_columns


def test_columns_without_a_mark_have_none():
    assert of_columns(["best"], 3) == ["best", "", ""]
    assert of_columns([], 1) == [""]
