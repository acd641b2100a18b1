"""Sections of a configuration: a group with fixed keys, or a library's class with its arguments.

A section is built at its first validation, together with its subsections. The docstrings of fields are used only to
generate JSON Schemas.
"""

import math
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from runner.config.identity import leaves


class Section(BaseModel):
    """A group with a fixed set of keys: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Part(BaseModel):
    """A group that names a library's class or function; the other keys are its arguments.

    Fields declare the arguments whose range is known without importing the library.
    """

    model_config = ConfigDict(extra="allow", strict=True, frozen=True, defer_build=True)

    OURS: ClassVar[frozenset[str]] = frozenset()  # keys that are not arguments of the target

    target: str = Field(alias="_target_", min_length=1)
    """Dotted path of the class or function; the other keys are its arguments."""

    @model_validator(mode="after")
    def _numbers_are_finite(self) -> Self:
        for name, value in leaves(self.model_extra or {}):
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"{name}={value}: must be a finite number")
        return self

    def spec(self) -> dict[str, Any]:
        """Return the part as configured, without the keys in `OURS`."""
        given = self.model_dump(by_alias=True, exclude_unset=True)
        return {key: value for key, value in given.items() if key not in self.OURS}
