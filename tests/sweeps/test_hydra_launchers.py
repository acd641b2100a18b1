import math
import re

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from runner.core.errors import ConfigError
from runner.sweeps.hydra_launchers import RayLauncher, SlurmLauncher
from tests.imports import REPOSITORY


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


def test_the_command_of_the_documentation_and_any_further_parameter_reach_slurm():
    page = (REPOSITORY / "docs" / "clusters.md").read_text()
    command = next(line for line in page.splitlines() if "launcher=slurm" in line)
    further = re.findall(r"^\| `(\+hydra\S+)`", page, re.MULTILINE)
    overrides = [re.sub("^launcher=", "hydra/launcher=", word) for word in command.split()]
    with initialize_config_dir(str(REPOSITORY / "conf"), version_base="1.3"):
        chosen = compose("config", [*overrides[2:], *further], return_hydra_config=True).hydra.launcher
    assert chosen.workers == 20
    parameters = OmegaConf.to_container(chosen.parameters)
    assert (parameters["slurm_partition"], parameters["slurm_qos"]) == ("long", "high")
