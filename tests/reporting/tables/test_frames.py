import pandas as pd
import pytest

from runner.core.errors import EnvironmentFault
from runner.reporting.tables.csv_files import read_numbers, write_frame


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


def test_a_directory_that_is_gone_is_the_machines_fault(tmp_path):
    with pytest.raises(EnvironmentFault, match="sweep: the directory is gone"):
        write_frame(pd.DataFrame({"seed": [0]}), tmp_path / "sweep/summary.csv")
