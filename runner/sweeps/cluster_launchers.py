"""Hydra launchers for clusters. Neither Ray nor submitit is imported before its launcher is chosen."""

from pathlib import Path
from typing import Any, Literal

from runner.sweeps.launchers import PoolLauncher
from runner.sweeps.pool import Pool


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
        self._given = (Path(folder), cluster, workers, dict(parameters or {}))

    def pool(self) -> Pool:
        """Prepare to submit."""
        from runner.sweeps.slurm_pool import SlurmPool

        return SlurmPool(*self._given)
