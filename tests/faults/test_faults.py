"""The list of seeded faults matches the current program."""

import pytest

from tests.faults.fault import read_faults
from tests.imports import REPOSITORY


@pytest.mark.parametrize("fault", read_faults(), ids=lambda fault: fault.name)
def test_its_line_is_there_once_and_becomes_another(fault):
    assert fault.number(REPOSITORY)
    assert fault.becomes != fault.line


def test_there_are_forty_with_names_of_their_own():
    names = [fault.name for fault in read_faults()]
    assert len(set(names)) == len(names) == 40
