import errno
import os

import pytest

from runner.core.errors import EnvironmentFault, fault, machine_faults, writing


def refusal(number: int, *names: str) -> OSError:
    return OSError(number, os.strerror(number), *names)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "a/b.csv: no space left on the disk; make room, then start again: files already written"),
        (errno.EROFS, "a/b.csv: the file system is read-only; choose another directory (hydra.run.dir=..."),
        (errno.EACCES, "a/b.csv: permission denied; choose another directory"),
        (errno.EMFILE, "a/b.csv: too many open files; raise the limit (ulimit -n) or use fewer workers"),
        (errno.ENOENT, "a: the directory is gone; if nobody removed it, check the disk"),
        (errno.ENOTEMPTY, "a/b.csv: Directory not empty; choose another directory"),
    ],
)
def test_a_message_says_what_is_refused_and_what_to_do(number, said):
    told = fault(refusal(number), "a/b.csv")
    assert str(told).startswith(said)
    assert told.exit_code == 3


def test_the_error_s_own_file_is_named_where_none_is_given():
    assert str(fault(refusal(errno.ENOSPC, "its/own"))).startswith("its/own: no space")
    assert str(fault(refusal(errno.ENOSPC))).startswith("no space")


def test_what_a_library_makes_of_a_refusal_is_seen_through():
    def close_in_vain() -> None:
        try:
            raise refusal(errno.ENOSPC)
        finally:
            raise ValueError("the archive is not at its end")

    with pytest.raises(EnvironmentFault, match=r"^there: no space"), writing("there"):
        close_in_vain()
    with pytest.raises(EnvironmentFault, match=r"^no space"), machine_faults():
        close_in_vain()


def test_other_errors_are_left_alone_also_those_that_come_from_themselves():
    circular = ValueError("of ours")
    circular.__cause__ = RuntimeError()
    circular.__cause__.__cause__ = circular
    for error in (circular, OSError("without a number")):
        with pytest.raises(type(error)) as raised, writing("there"):
            raise error
        assert raised.value is error


def test_a_file_that_somebody_else_lacks_is_no_fault_of_the_machine():
    with pytest.raises(FileNotFoundError), machine_faults():
        raise refusal(errno.ENOENT, "a user's own")
