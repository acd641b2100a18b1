"""Multiruns (Hydra's word for sweeps): recognition of commands that start one."""

from collections.abc import Iterable, Sequence

from runner.config.overrides import override_key


def wants_local_workers(arguments: Sequence[str]) -> bool:
    """Return whether a command will train a sweep on this machine."""
    asks_for_more = {"--help", "-h", "--cfg", "-c", "--info", "-i", "--hydra-help", "-sc", "--shell-completion"}
    elsewhere = any(override_key(argument) in ("launcher", "hydra/launcher") for argument in arguments)
    wanted = is_sweep(arguments) or not {"-m", "--multirun"}.isdisjoint(arguments)
    return wanted and not elsewhere and asks_for_more.isdisjoint(arguments)


def is_sweep(arguments: Iterable[str]) -> bool:
    """Return whether a command asks for a sweep without the flag -m."""
    return any(override_key(argument) in ("study", "search", "seeds", "folds") for argument in arguments)
