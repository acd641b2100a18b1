from types import SimpleNamespace

import pytest

from tests.levels import pytest_ignore_collect


@pytest.mark.parametrize(("line", "left_out"), [("import keras", True), ("import json", None)])
@pytest.mark.parametrize("name", ["conftest.py", "test_this.py"])
def test_make_check_loads_no_file_that_imports_tensorflow_nor_the_conftest_of_such_a_folder(
    tmp_path, name, line, left_out
):
    (tmp_path / name).write_text(line)
    path = tmp_path if name == "conftest.py" else tmp_path / name
    assert pytest_ignore_collect(path, SimpleNamespace(getoption=lambda _: True)) is left_out
    assert pytest_ignore_collect(path, SimpleNamespace(getoption=lambda _: False)) is None
