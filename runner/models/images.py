"""Marker for model builders that need images."""

from collections.abc import Callable
from typing import Any, TypeVar

Builder = TypeVar("Builder", bound=Callable[..., Any])


def of_images(builder: Builder) -> Builder:
    """Mark a builder whose models need examples of (height, width, channels)."""
    builder.needs_images = True  # type: ignore[attr-defined]
    return builder


def needs_images(builder: Any) -> bool:
    """Return whether a builder is marked with `of_images`."""
    return bool(getattr(builder, "needs_images", False))
