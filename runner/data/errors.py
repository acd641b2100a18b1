"""Data errors: invalid or missing files."""

from runner.config.errors import UserError


class DataError(UserError):
    """An invalid file; the message names it."""


class DataNotFound(UserError):
    """Data that neither exist nor could be downloaded."""
