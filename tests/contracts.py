"""Contracts with libraries about their private APIs."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def contract(name: str, checked_with: str) -> Iterator[None]:
    """Fail with one sentence if a private name does not behave as the block says."""
    try:
        yield
    except Exception as error:  # a missing name, a different signature, a failed assertion
        text = f"{name} changed since it was last checked, with {checked_with}: {str(error) or repr(error)}"
        pytest.fail(text, pytrace=False)
