"""Stacks of a sweep: jobs that one worker trains as one batch of models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runner.records.job import Job
from runner.run.stackable import Stackable

NOT_STACKED = "device.stacked_seeds: runs are trained one by one"


@dataclass(frozen=True)
class JobStack:
    """Jobs that differ only in seeds and learning rates."""

    kind: str
    jobs: tuple[Job, ...]


def stacks_of(jobs: Sequence[Job], stackable: Mapping[str, Stackable], workers: int) -> list[Job | JobStack]:
    """Return the jobs in stacks as large as possible; jobs that cannot be stacked are returned singly.

    Args:
        stackable: the possible stacks, by kind of job.
    """
    groups: dict[str, list[Job]] = {}
    for job in jobs:
        stack = stackable.get(job.kind)
        groups.setdefault(stack.key if stack and not stack.reason else job.run_id, []).append(job)
    tasks: list[Job | JobStack] = []
    for key, group in groups.items():
        stack = stackable.get(group[0].kind)
        size = stack.size(len(group), workers) if stack else 1
        for start in range(0, len(group), size):
            some = tuple(group[start : start + size])
            tasks.append(JobStack(key, some) if len(some) > 1 else some[0])
    return tasks


def reasons(jobs: Sequence[Job], stackable: Mapping[str, Stackable]) -> dict[str, str]:
    """Return the reasons why variants with several runs are not stacked, by variant."""
    counts: dict[str, int] = {}
    found: dict[str, str] = {}
    for job in jobs:
        counts[job.variant] = counts.get(job.variant, 0) + 1
        if (stack := stackable.get(job.kind)) and stack.reason:
            found[job.variant] = f"{NOT_STACKED}: {stack.reason}"
    return {variant: reason for variant, reason in found.items() if counts[variant] > 1}
