import os

import pytest

from runner.core.errors import UserError
from runner.core.output import errors_held_back, output_in


@pytest.mark.parametrize(
    ("error", "shown"), [(None, ""), (UserError("mine"), ""), (RuntimeError("a crash"), "chatter\n")]
)
def test_native_chatter_is_shown_only_with_an_unexpected_error(capfd, error, shown):
    try:
        with errors_held_back():
            os.write(2, b"chatter\n")
            if error:
                raise error
    except (UserError, RuntimeError) as raised:
        assert raised is error  # noqa: PT017
    assert capfd.readouterr().err == shown


def test_output_goes_to_the_file_also_that_of_native_code_and_comes_back(capfd, tmp_path):
    with output_in(tmp_path / "run.log"):
        os.write(1, b"to the file\n")
        os.write(2, b"this too\n")
    os.write(1, b"after\n")
    assert (tmp_path / "run.log").read_text() == "to the file\nthis too\n"
    assert capfd.readouterr() == ("after\n", "")
