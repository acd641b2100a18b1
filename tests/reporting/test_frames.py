import pytest

from runner.reporting.frames import read_numbers


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b\n1,2\n", "has no column step"),
        ("step\nhigh\n", "not a table of numbers (could not convert string to float: 'high')"),
        ("step\n1,2\n", "not a table (more cells than columns)"),
        ("step\n1e200\n", "holds numbers beyond 1e+100"),
    ],
)
def test_what_is_no_table_of_numbers_is_said_once(tmp_path, content, said):
    path = tmp_path / "steps.csv"
    path.write_text(content)
    with pytest.raises(ValueError, match="steps") as caught:
        read_numbers(path, "step")
    assert str(caught.value) == f"{path}: {said}"
