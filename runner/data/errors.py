"""What can be wrong with data."""

from runner.config.errors import UserError


class DataError(UserError):
    """A file is there, but it is not what it should be; the message names it."""


class DataNotFound(UserError):
    """Nothing is there, and nothing could be downloaded."""
