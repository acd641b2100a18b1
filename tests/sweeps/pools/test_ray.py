"""A study on a real Ray cluster of two nodes: two raylets on this machine's loopback."""

import json
import os
import time

import pandas as pd
import pytest

from runner.core.errors import UserError

ray_pool = pytest.importorskip("runner.sweeps.pools.ray", reason="the extra `ray` is not installed")
ray, RayPool = ray_pool.ray, ray_pool.RayPool


@pytest.fixture(scope="module")
def cluster():
    """A cluster with a node of one processor; a test may add its own nodes."""
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("RAY_USAGE_STATS_ENABLED", "0")
        made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        yield made
        made.shutdown()


@pytest.fixture(scope="module")
def address(cluster):
    return cluster.address


def test_a_study_is_completed_although_a_node_dies(cluster, begin, pausing, tmp_path):
    node = cluster.add_node(num_cpus=1)
    address = f"hydra.launcher.address={cluster.address}"
    begun = begin("study=smoke", "seeds=1", "launcher=ray", address, *pausing, cwd=tmp_path)
    while len(list(tmp_path.glob("s/*/checkpoint/state.npz"))) < 2:
        assert begun.is_alive(), begun.said()
        time.sleep(0.1)
    cluster.remove_node(node, allow_graceful=False)
    (tmp_path / "go").touch()
    assert begun.wait() == 0, begun.said()
    assert "2 workers" in begun.said()[0]
    summary = pd.read_csv(tmp_path / "s" / "summary.csv")
    assert len(summary) == 4
    assert set(summary["status"]) == {"completed"}
    plan = json.loads((tmp_path / "s" / "plan.json").read_text())
    assert plan["launcher"]["_target_"] == "hydra_plugins.runner.RayLauncher"


def kind(_: object) -> str:
    return "task"


def test_a_task_that_ends_past_its_limit_before_anybody_looked_counts_and_its_worker_stays(address, monkeypatch):
    monkeypatch.setattr(ray_pool, "_GLANCE", 60.0)  # so that the task ends before the next check
    pool = RayPool(address, workers=1, cpus=1, gpus=0, timeout_s=0.001)
    results = [result for _, result in pool.results(lambda _: os.getpid(), [1, 2], kind)]
    pool.close()
    assert len(results) == 2
    assert results[0] == results[1] != os.getpid()


def test_tasks_past_their_limit_cost_their_workers_alone(address, monkeypatch):
    monkeypatch.setattr(ray_pool, "_GLANCE", 0.1)
    pool = RayPool(address, workers=1, cpus=1, gpus=0, timeout_s=0.1)
    results = [str(result) for _, result in pool.results(lambda _: time.sleep(600), [1, 2], kind)]
    pool.close()
    assert results == ["stopped after timeout_s=0.1 seconds"] * 2


def test_closing_while_a_task_is_computed_ends_it_without_a_word(address):
    pool = RayPool(address, workers=2, cpus=0.5, gpus=0, timeout_s=None)
    results = pool.results(time.sleep, [600, 0], kind)
    assert next(results)[0] == 0
    pool.close()
    results.close()


@pytest.mark.parametrize(
    ("needs", "said"),
    [
        ({"cpus": 3, "gpus": 0}, "cpus=3, hydra.launcher.gpus=0: no node of the cluster has room for a worker"),
        ({"cpus": 0.00001, "gpus": 0}, "cpus=1e-05, .*precision"),
    ],
)
def test_what_no_worker_can_have_is_said(address, needs, said):
    with pytest.raises(UserError, match=said):
        RayPool(address, workers=None, timeout_s=None, **needs)
    assert not ray.is_initialized()
