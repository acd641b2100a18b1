"""What a sweep was for: its question, its baseline and its command, from its plan."""

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from runner.config.errors import UserError


@dataclass(frozen=True)
class Asked:
    """What a sweep's plan says of it; everything is None for runs that were put together by hand."""

    question: str | None = None
    baseline: str | None = None
    metric: str | None = None  # of the test set, the counterpart of what choices are made by
    target: float | None = None  # of the validation metric
    command: str | None = None  # that makes all of it again
    variants: tuple[str, ...] = ()  # the names of a study's variants, without the grid they were crossed with

    @classmethod
    def of(cls, sweep: Path) -> Self:
        """Read what a sweep's directory says.

        Raises:
            UserError: if its plan cannot be read.
        """
        path = sweep / "plan.json"
        if not path.exists():
            return cls()
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            return cls._from_plan(values["study"], values.get("command") or [])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(f"{path}: not a sweep's plan ({error})") from error

    @classmethod
    def _from_plan(cls, study: dict[str, Any], command: list[str]) -> Self:
        chosen_by = study.get("metric")
        return cls(
            question=study.get("question"),
            baseline=study.get("baseline"),
            metric=f"test_{chosen_by.removeprefix('best_').removeprefix('val_')}" if chosen_by else None,
            target=study.get("target"),
            command=shlex.join(["runner", *command]) if command else None,
            variants=tuple(study.get("variants") or ()),
        )
