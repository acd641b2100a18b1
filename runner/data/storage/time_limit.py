"""Time limit for a download."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

LONGEST = 600.0  # seconds for a file, even if data keep trickling in

Result = TypeVar("Result")


def within(seconds: float, function: Callable[..., Result], *arguments: object, **keywords: object) -> Result:
    """Run a function in a thread, which is abandoned after a time limit.

    Raises:
        TimeoutError: after the limit. (A socket timeout would restart at each byte.)
    """
    future: Future[Result] = Future()

    def work() -> None:
        try:
            future.set_result(function(*arguments, **keywords))
        except BaseException as error:
            future.set_exception(error)

    Thread(target=work, daemon=True).start()
    return future.result(seconds)
