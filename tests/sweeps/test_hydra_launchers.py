import math

import pytest

from runner.core.errors import ConfigError
from runner.sweeps.hydra_launchers import RayLauncher, SlurmLauncher


@pytest.mark.parametrize(
    "given",
    [
        *({"workers": value} for value in (0, True, "auto")),
        *({"cpus": value, "gpus": 1} for value in (-1, math.inf, math.nan, None)),
        *({"gpus": value} for value in (-1, math.inf)),
        *({"timeout_s": value} for value in (0, math.inf)),
        {"cpus": 0},
    ],
)
def test_ray_s_workers_are_finite_and_take_something(given):
    with pytest.raises(ConfigError, match=f"hydra.launcher.{next(iter(given))}="):
        RayLauncher(**given)


@pytest.mark.parametrize("workers", [0, -1, True, None])
def test_slurm_has_a_job_at_a_time_or_more(workers):
    with pytest.raises(ConfigError, match=f"hydra.launcher.workers={workers}: must be an integer from 1 to 100000"):
        SlurmLauncher("jobs", workers)


def test_slurm_s_parameters_are_finite():
    with pytest.raises(ConfigError, match=r"hydra.launcher.parameters.slurm_setup\[0\]=inf: must be finite"):
        SlurmLauncher("jobs", parameters={"timeout_min": 3, "slurm_setup": [math.inf]})
