"""Plan of a sweep: all its runs, checked and frozen before the first one starts."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, TypeAdapter

from runner.core.errors import UserError
from runner.core.read import json_form
from runner.core.write import write_csv, write_json
from runner.records.job import Job, Phase
from runner.records.record import Lines, Whole
from runner.records.sweep_directory import PLAN, PLAN_TABLE, read_plan
from runner.sweeps.planning.difference import difference
from runner.sweeps.planning.study import Chosen

_WHOLE: TypeAdapter[int] = TypeAdapter(Whole)


def _with_choice(asked: dict[str, Any]) -> dict[str, Any]:
    _chosen_by(asked)
    _WHOLE.validate_python(asked.get("to_come", 0), strict=True)
    return asked


def _chosen_by(asked: dict[str, Any]) -> Chosen:
    return Chosen(**{key: asked[key] for key in ("metric", "direction") if key in asked})


Asked = Annotated[dict[str, Any], AfterValidator(_with_choice)]


@dataclass(frozen=True)
class Plan:
    """The runs of a sweep, in starting order; a run that two variants share appears once for each."""

    jobs: Annotated[list[Job], Field(min_length=1, fail_fast=True)]
    study: Asked = field(default_factory=dict)  # the study as configured; empty for a grid
    launcher: dict[str, Any] = field(default_factory=dict)  # launcher that trains the runs
    command: Lines = field(default_factory=list)  # the arguments of the sweep's command
    search: Asked = field(default_factory=dict)  # its `to_come` is the number of runs that the tuning will add
    earlier_seeds: list[Whole] = field(default_factory=list)  # numbers of seeds in smaller plans that were trained

    @staticmethod
    def read(sweep: Path) -> "Plan":
        """Read the plan of a sweep.

        Raises:
            UserError: if the directory has no valid plan.
        """
        try:
            form: TypeAdapter[Plan] = json_form(Plan)
            return read_plan(sweep, form)
        except FileNotFoundError as error:
            raise UserError(
                f"{sweep}: neither a run nor a sweep was started here (no record.json, no {PLAN})"
            ) from error
        except ValueError as error:
            raise UserError(str(error)) from error

    def write(self, sweep: Path) -> None:
        """Write the plan: plan.csv for people, plan.json for resuming."""
        sweep.mkdir(parents=True, exist_ok=True)
        jobs = [job.as_json() for job in self.jobs]
        values = {"format": 1, "command": self.command, "study": self.study, "launcher": self.launcher}
        about = {"earlier_seeds": self.earlier_seeds, "spared": len(self.of_phase("spared"))}
        write_json(sweep / PLAN, values | {"search": self.search} | about | {"jobs": jobs})
        write_csv(sweep / PLAN_TABLE, self.rows())

    def where_runs_lie(self, sweep: Path) -> Self:
        """Return the plan with the existing directories of its runs, even if their names differ.

        The order of a grid's axes on the command line changes the names of its runs, but not the runs.
        """
        there: dict[str, str] = {}
        for found in sorted(sweep.glob("*/record.json")):
            there.setdefault(found.parent.name.rpartition("_")[2], found.parent.name)
        jobs = [
            job if (sweep / job.directory).exists() else replace(job, directory=there.get(job.run_id, job.directory))
            for job in self.jobs
        ]
        return replace(self, jobs=jobs)

    def rows(self) -> list[dict[str, Any]]:
        """Return one row per run, with its difference from the first variant."""
        baseline = self.jobs[0]
        return [
            {
                "phase": job.phase,
                "variant": job.variant,
                "seed": job.seed,
                **({} if job.fold is None else {"fold": job.fold}),
                "run_id": job.run_id,
                "directory": job.directory,
                "difference": " ".join(difference(baseline, job)),
                "overrides": " ".join(job.overrides),
            }
            for job in self.jobs
            if job.phase not in ("candidate", "spared", "pruned")
        ]

    @property
    def chosen(self) -> Chosen:
        """The metric that ranks the variants during the sweep."""
        return _chosen_by(self.study or self.search)

    @property
    def to_come(self) -> int:
        """The number of runs that the tuning will add, as far as is known."""
        return int(self.search.get("to_come", 0))

    @property
    def is_growing(self) -> bool:
        """True if the tuning will add more runs: trials, or the final runs of the chosen points."""
        return bool(self.study) and "to_come" in self.search

    def of_phase(self, *phases: Phase) -> list[Job]:
        """Return the runs in some phases, without duplicates."""
        return list({job.run_id: job for job in reversed(self.jobs) if job.phase in phases}.values())[::-1]

    def of_one_candidate(self) -> list[Job]:
        """Return, for each tuned variant without a chosen point, the final runs of one of its points."""
        chosen = {job.variant for job in self.jobs if job.phase == "final"}
        open_ones = [job for job in self.jobs if job.phase == "candidate" and job.variant not in chosen]
        return list({(job.variant, job.seed): job for job in reversed(open_ones)}.values())[::-1]

    def merged(self) -> list[tuple[str, str]]:
        """Return the pairs of variants that share a run."""
        first: dict[str, str] = {}
        final = [job for job in self.jobs if job.phase in ("final", "candidate")]
        pairs = {(first.setdefault(job.run_id, job.variant), job.variant): None for job in final}
        return [pair for pair in pairs if pair[0] != pair[1]]


def sharing(jobs: Iterable[Job]) -> list[Job]:
    """Return the jobs; identical runs share the directory of the first one."""
    directories: dict[str, str] = {}
    return [replace(job, directory=directories.setdefault(job.run_id, job.directory)) for job in jobs]


def in_variant(name: str, text: str) -> str:
    """Return an error's text with the name of its variant."""
    return "\n".join(f"variant {name}: {line}" for line in text.splitlines())
