import contextlib
import os
import signal

import pytest

from runner.interruption import Interruption


def test_an_interruption_whose_exception_was_dropped_is_raised_at_the_next_check():
    before = signal.getsignal(signal.SIGINT)
    with Interruption(lambda: None) as interruption:
        interruption.check()
        with contextlib.suppress(KeyboardInterrupt):  # as Python does while it deletes an object
            os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            interruption.check()
    assert signal.getsignal(signal.SIGINT) is before
