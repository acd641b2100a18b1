"""Error of the Python interface, in place of the program's own errors."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from runner.core import errors

Parameters = ParamSpec("Parameters")
Returned = TypeVar("Returned")


class UserError(errors.UserError, ValueError):
    """An error that the user can fix; its text is the same as on the command line.

    >>> import runner
    >>> try:
    ...     runner.load("nowhere")
    ... except runner.UserError as error:
    ...     print(error)
    nowhere: no such directory
    """

    __module__ = "runner"  # shown in tracebacks


def refusing(function: Callable[Parameters, Returned]) -> Callable[Parameters, Returned]:
    """Wrap a function so that the program's errors are raised as `UserError`, without the program's traceback."""

    @wraps(function)
    def refused(*arguments: Parameters.args, **options: Parameters.kwargs) -> Returned:
        try:
            return function(*arguments, **options)
        except errors.UserError as error:
            raise UserError(str(error)) from None
        except OSError as error:
            raise UserError(str(errors.fault(error))) from None
        except KeyboardInterrupt:
            raise KeyboardInterrupt from None

    return refused
