"""Runs of a stack, trained as one batch of models, each with its own directory and record."""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from runner.core.errors import EnvironmentFault, UserError
from runner.core.terminal import show_warning
from runner.engine.evaluation import Evaluator
from runner.engine.stacks.stack import Stack
from runner.engine.stacks.stacked_training import StackedRun, train_together
from runner.engine.stacks.vectorization import NotVectorized
from runner.records.record import RunRecord
from runner.run.cache import Kept
from runner.run.execute import loading, run, run_in_steps
from runner.run.prepare import Prepared, prepare, shared_key, training
from runner.run.request import Request
from runner.run.stackable import obstacle

Ending = RunRecord | UserError
Steps = Generator[None, None, RunRecord]


@dataclass(frozen=True)
class Wanted:
    """A run to train in a stack."""

    config: dict[str, Any]  # resolved, as plain dictionaries and lists
    request: Request
    callbacks: Sequence[Any] = ()
    warn: Callable[[str], None] | None = None
    log: Callable[[], AbstractContextManager[Any]] = field(default=nullcontext)  # context for its output


class NotStacked(Exception):
    """Some runs cannot be trained as a stack; nothing has been written. The text gives the reason."""


def run_stack(wanted: Sequence[Wanted], kept: Kept) -> list[Ending]:
    """Train the runs of configurations as one stack, evaluate them, and write their run directories.

    Args:
        wanted: runs that have not started.

    Raises:
        NotStacked: before anything is written, if these runs cannot be stacked.
        EnvironmentFault: if the machine fails.
    """
    started = time.perf_counter()
    prepared = [_prepared(one.config, one.request, kept) for one in wanted]
    stack, runs = _compiled(prepared, kept)
    values = [own_values(one.config) for one in prepared]
    steps: dict[int, Steps] = {}
    for position, (one, ready, compiled) in enumerate(zip(wanted, prepared, runs, strict=True)):
        request, quiet = replace(one.request, stack=values), Console(quiet=True)
        steps[position] = run_in_steps(
            ready, compiled, request, quiet, one.callbacks, warn=one.warn, started=started, share=1 / len(wanted)
        )
    endings = _Lockstep(stack, runs, steps, {position: one.log for position, one in enumerate(wanted)}).to_the_end()
    return [endings[position] for position in range(len(wanted))]


def run_in_its_stack(config: dict[str, Any], request: Request, console: Console, objects: None = None) -> RunRecord:
    """Train a recorded run as `run` does, in a stack like the recorded one; the other runs write nothing.

    Raises:
        UserError: as `run` does.
    """
    started, kept = time.perf_counter(), Kept()
    own = own_values(config)
    others = [with_values(config, values) for values in request.stack]
    try:
        if own not in request.stack:
            raise NotStacked("its record does not list its own seed and learning rate")
        with loading(console):
            prepared = [_prepared(other, request, kept) for other in others]
            stack, runs = _compiled(prepared, kept)
    except NotStacked as error:
        show_warning(console, f"this run was trained in a stack of {len(others)}, and is now trained alone: {error}")
        return run(config, replace(request, stack=()), console, objects=objects)
    position = [*request.stack].index(own)
    for other, (ready, compiled) in enumerate(zip(prepared, runs, strict=True)):
        if other != position:
            ready.parts.callbacks.clear()  # they would write into this run's directory
            training(ready, compiled, ready.settings.training.epochs)
    steps = run_in_steps(prepared[position], runs[position], request, console, started=started, share=1 / len(others))
    ending = _Lockstep(stack, runs, {position: steps}, {position: nullcontext}).to_the_end()[position]
    if isinstance(ending, UserError):
        raise ending
    return ending


def own_values(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a configuration in which the runs of a stack may differ, by key."""
    streams = {f"stream_seeds.{name}": seed for name, seed in (config.get("stream_seeds") or {}).items()}
    given = {key: seed for key, seed in streams.items() if seed is not None}
    return {"seed": config["seed"], "optimizer.learning_rate": config["optimizer"]["learning_rate"]} | given


def with_values(config: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration with different values for the keys in `own_values`."""
    streams = dict.fromkeys(config.get("stream_seeds") or {})
    for key, value in values.items():
        if key.startswith("stream_seeds."):
            streams[key.removeprefix("stream_seeds.")] = value
    optimizer = config["optimizer"] | {"learning_rate": values["optimizer.learning_rate"]}
    return {**config, "seed": values["seed"], "optimizer": optimizer} | ({"stream_seeds": streams} if streams else {})


def _prepared(config: dict[str, Any], request: Request, kept: Kept) -> Prepared:
    try:
        return prepare(config, Path(request.directory), kept, one_thread=True, base=request.working_directory)
    except EnvironmentFault:
        raise
    except UserError as error:  # trained alone, each run reports the error itself
        raise NotStacked(str(error)) from error


def _compiled(prepared: Sequence[Prepared], kept: Kept) -> tuple[Stack, list[StackedRun]]:
    """Return the compiled stack with the runs' initial values; an earlier stack of the same kind may be reused."""
    first, key = prepared[0], shared_key(prepared[0])
    if reason := obstacle(first):
        raise NotStacked(reason)
    if any(shared_key(other) != key for other in prepared):
        raise NotStacked("the runs differ in more than seeds and learning rates")
    models, targets, jit_compile = [one.parts.model for one in prepared], first.parts.targets, first.device.jit_compile

    def make() -> tuple[Stack, Evaluator, Evaluator]:
        stack = Stack(models, targets.train, targets.validation, first.parts.batch_size, jit_compile=jit_compile)
        # Tests may overwrite the last model's variables: runs end in reverse order, so the last run is tested first.
        validation, test = (
            Evaluator(models[-1], part, jit_compile=jit_compile) for part in (targets.validation, targets.test)
        )
        return stack, validation, test

    try:
        stack, *evaluators = kept.get("stack", [key, len(models)], make)
    except NotVectorized as error:
        raise NotStacked(str(error)) from error
    for member, model in zip(stack.members, models, strict=True):
        if member.model is not model:
            member.start_as(model)
    return stack, [StackedRun(member, *evaluators) for member in stack.members]


class _Lockstep:
    """Runs that perform their steps together; each ends with its record or its error."""

    def __init__(
        self,
        stack: Stack,
        runs: Sequence[StackedRun],
        steps: Mapping[int, Steps],
        logs: Mapping[int, Callable[[], AbstractContextManager[Any]]],
    ) -> None:
        """Set the runs of a stack.

        Args:
            steps: the steps of the recorded runs, by position; the other runs have prepared their training.
            logs: contexts for the output of those runs.
        """
        self._stack = stack
        self._runs = runs
        self._steps = steps
        self._logs = logs
        self._endings: dict[int, Ending] = {}

    def to_the_end(self) -> dict[int, Ending]:
        """Train all runs, and end them in reverse order, so that each restores the signal handler that it found.

        Raises:
            EnvironmentFault: if the machine fails; all runs count as interrupted.
        """
        try:
            self._train()
            for position in self._left():
                self._runs[position].result = None
                self._resume(position)
        except EnvironmentFault as fault:
            self._end_all(fault)
            raise
        except BaseException as error:  # an interruption, or a failed operation of the common epoch
            self._end_all(error)
        return self._endings

    def _train(self) -> None:
        for position in self._steps:
            self._resume(position)
        trainings = {position: run.training for position, run in enumerate(self._runs) if position not in self._endings}
        for found in train_together(self._stack, trainings):
            for position, result in found.items():
                if position in self._left():
                    self._runs[position].result = result
                    self._resume(position)

    def _left(self) -> list[int]:
        """Return the recorded runs that have not ended, the last one first."""
        return [position for position in sorted(self._steps, reverse=True) if position not in self._endings]

    def _resume(self, position: int, error: BaseException | None = None) -> None:
        """Continue a run to its next pause or its end, or raise a given error in it.

        Raises:
            KeyboardInterrupt: if the run was interrupted; this interrupts all runs.
            EnvironmentFault: if the machine fails.
        """
        steps = self._steps[position]
        try:
            with self._logs[position]():
                if error:
                    steps.throw(error)
                else:
                    next(steps)
        except StopIteration as end:
            self._end(position, end.value)
            if end.value.status == "interrupted" and not error:
                raise KeyboardInterrupt from None
        except UserError as own:
            self._end(position, own)
            if isinstance(own, EnvironmentFault) and not error:
                raise

    def _end(self, position: int, ending: Ending) -> None:
        self._endings[position] = ending
        self._runs[position].model.stop_training = True  # nothing more is written into its directory

    def _end_all(self, error: BaseException) -> None:
        for position in self._left():
            self._resume(position, error)
