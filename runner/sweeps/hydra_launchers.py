"""Hydra launchers: local workers, Ray and Slurm."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NoReturn

import psutil
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from runner.config.identity import leaves
from runner.core.errors import ConfigError, UserError
from runner.sweeps.pools.base import Pool


class PoolLauncher(Launcher):
    """Base class of the launchers: each provides a pool of workers for the frozen jobs of runner's sweeper."""

    __module__ = "hydra_plugins.runner"  # Hydra 1.3 accepts plug-ins only from this namespace

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Do nothing. Hydra requires this method, but the jobs contain all settings."""

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> NoReturn:  # noqa: ARG002
        """Reject unplanned overrides."""
        raise ConfigError("hydra/sweeper: this launcher works only with runner's own sweeper")

    def pool(self) -> Pool:
        """Start the workers."""
        raise NotImplementedError


_MOST = 1_000  # processes; each needs memory


class LocalLauncher(PoolLauncher):
    """Processes on this machine: one per core, or one per GPU."""

    __module__ = "hydra_plugins.runner"

    def __init__(
        self, workers: int | Literal["auto"] = "auto", runs_per_gpu: int = 1, timeout_s: float | None = None
    ) -> None:
        if workers != "auto":
            check_count("workers", workers)
        check_count("runs_per_gpu", runs_per_gpu)
        check_timeout(timeout_s)
        self._workers = workers
        self._runs_per_gpu = runs_per_gpu
        self._timeout_s = timeout_s

    def pool(self) -> Pool:
        """Start the workers; each sees one GPU, if there are any."""
        from runner.sweeps.pools.local import LocalPool  # takes time, and a plan with an error needs no workers

        gpus = visible_gpus(os.environ)
        free = len(gpus) * self._runs_per_gpu or usable_cores()
        count = free if self._workers == "auto" else self._workers
        environments = [{"CUDA_VISIBLE_DEVICES": gpus[number % len(gpus)]} if gpus else {} for number in range(count)]
        return LocalPool(environments, self._timeout_s)


def check_count(name: str, value: Any, most: int = _MOST) -> None:
    """Raise ConfigError unless a launcher's key is a number of workers."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise ConfigError(f"hydra.launcher.{name}={value}: must be an integer from 1 to {most}")


def check_timeout(value: Any) -> None:
    """Raise ConfigError unless a time limit is null or a number of seconds."""
    if value is not None and not (is_finite(value) and value > 0):
        raise ConfigError(f"hydra.launcher.timeout_s={value}: must be a finite number of seconds above 0, or null")


def is_finite(value: Any) -> bool:
    """Return whether a value is a finite number; true and false are not numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def usable_cores() -> int:
    """Return the number of physical cores that this process may use."""
    return min(psutil.cpu_count(logical=False) or 1, len(psutil.Process().cpu_affinity() or [0]))


def visible_gpus(environment: Mapping[str, str], driver: Path = Path("/proc/driver/nvidia/gpus")) -> list[str]:
    """Return CUDA's names for the visible GPUs, without initializing CUDA."""
    chosen = environment.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return [name for name in chosen.split(",") if name.strip() not in ("", "-1")]
    return [str(number) for number, _ in enumerate(driver.iterdir())] if driver.is_dir() else []


_MOST_ON_A_CLUSTER = 100_000  # workers or jobs at a time


class RayLauncher(PoolLauncher):
    """A Ray cluster: actors that stay warm."""

    __module__ = "hydra_plugins.runner"

    def __init__(
        self,
        address: str | None = None,
        workers: int | None = None,
        cpus: float = 1.0,
        gpus: float = 0.0,
        timeout_s: float | None = None,
    ) -> None:
        if workers is not None:
            check_count("workers", workers, _MOST_ON_A_CLUSTER)
        for name, value in (("cpus", cpus), ("gpus", gpus)):
            if not is_finite(value) or value < 0:
                raise ConfigError(f"hydra.launcher.{name}={value}: must be a finite number of at least 0")
        if not cpus and not gpus:
            raise ConfigError("hydra.launcher.cpus=0: must be above 0 if gpus=0: a run needs a share of a CPU or GPU")
        check_timeout(timeout_s)
        self._given = (address, workers, cpus, gpus, timeout_s)

    def pool(self) -> Pool:
        """Connect to the cluster, or start a local one."""
        try:
            from runner.sweeps.pools.ray import RayPool
        except ImportError as error:  # an optional dependency
            raise UserError("launcher=ray needs Ray: pip install 'ray>=2.40'") from error
        return RayPool(*self._given)


class SlurmLauncher(PoolLauncher):
    """Slurm: jobs that stay warm."""

    __module__ = "hydra_plugins.runner"

    def __init__(
        self,
        folder: str,
        workers: int = 64,
        cluster: Literal["slurm", "local"] = "slurm",
        parameters: dict[str, Any] | None = None,
    ) -> None:
        check_count("workers", workers, _MOST_ON_A_CLUSTER)
        for key, value in leaves(parameters or {}):
            if isinstance(value, float) and not is_finite(value):
                raise ConfigError(f"hydra.launcher.parameters.{key}={value}: must be finite")
        self._given = (Path(folder), cluster, workers, dict(parameters or {}))

    def pool(self) -> Pool:
        """Prepare the submission of jobs."""
        try:
            from runner.sweeps.pools.slurm import SlurmPool
        except ImportError as error:  # an optional dependency
            raise UserError("launcher=slurm needs submitit: pip install 'submitit>=1.5'") from error
        return SlurmPool(*self._given)


LAUNCHERS = (LocalLauncher, RayLauncher, SlurmLauncher)
