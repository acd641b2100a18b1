import pytest

import runner
from runner.core.errors import ConfigError
from runner.interface.errors import refusing


@refusing
def refuse() -> None:
    raise ConfigError("optimizer=adamm: no such option")


def test_an_error_of_the_program_is_a_value_error_with_the_same_text_and_no_cause():
    with pytest.raises(ValueError, match=r"^optimizer=adamm: no such option$") as caught:
        refuse()
    assert type(caught.value) is runner.UserError
    assert caught.value.__suppress_context__


def test_an_error_of_the_system_names_the_path(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(runner.UserError, match=rf"^{tmp_path}/file/x: Not a directory; choose another") as caught:
        refusing((tmp_path / "file" / "x").write_text)("")
    assert caught.value.__suppress_context__


def test_other_errors_pass_unchanged():
    with pytest.raises(ZeroDivisionError):
        refusing(lambda: 1 / 0)()
