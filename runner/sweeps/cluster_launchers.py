"""Hydra launchers for clusters. Neither Ray nor submitit is imported before its launcher is chosen."""

from pathlib import Path
from typing import Any, Literal

from runner.config.errors import ConfigError
from runner.config.tree import leaves
from runner.sweeps.launchers import PoolLauncher, check_count, check_timeout, is_finite
from runner.sweeps.pool import Pool

_MOST = 100_000  # workers or jobs at a time


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
            check_count("workers", workers, _MOST)
        for name, value in (("cpus", cpus), ("gpus", gpus)):
            if not is_finite(value) or value < 0:
                raise ConfigError(f"hydra.launcher.{name}={value}: must be a finite number at least 0")
        if not cpus and not gpus:
            raise ConfigError("hydra.launcher.cpus=0: must be above 0 where gpus=0; a run takes some of one of them")
        check_timeout(timeout_s)
        self._given = (address, workers, cpus, gpus, timeout_s)

    def pool(self) -> Pool:
        """Connect to the cluster, or start one here."""
        from runner.sweeps.ray_pool import RayPool

        return RayPool(*self._given)


class SlurmLauncher(PoolLauncher):
    """Slurm: a job a run."""

    __module__ = "hydra_plugins.runner"

    def __init__(
        self,
        folder: str,
        workers: int = 64,
        cluster: Literal["slurm", "local"] = "slurm",
        parameters: dict[str, Any] | None = None,
    ) -> None:
        check_count("workers", workers, _MOST)
        for key, value in leaves(parameters or {}):
            if isinstance(value, float) and not is_finite(value):
                raise ConfigError(f"hydra.launcher.parameters.{key}={value}: must be finite")
        self._given = (Path(folder), cluster, workers, dict(parameters or {}))

    def pool(self) -> Pool:
        """Prepare to submit."""
        from runner.sweeps.slurm_pool import SlurmPool

        return SlurmPool(*self._given)
