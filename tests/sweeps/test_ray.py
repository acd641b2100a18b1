"""A study on a real Ray cluster of two nodes: two raylets on this machine's loopback."""

import json
import os
import subprocess
import sys
import time

import pandas as pd
import pytest

ray = pytest.importorskip("ray", reason="the extra `ray` is not installed")


@pytest.fixture
def cluster(monkeypatch):
    """A head without processors, and two nodes of one processor each."""
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    yield made, [made.add_node(num_cpus=1) for _ in range(2)]
    made.shutdown()


def test_a_study_is_completed_although_a_node_dies(cluster, tmp_path):
    made, nodes = cluster
    command = [
        sys.executable, "-m", "runner", "study=smoke", "training.epochs=30", "launcher=ray",
        f"hydra.launcher.address={made.address}", "hydra.sweep.dir=s",
    ]  # fmt: skip
    with subprocess.Popen(
        command, cwd=tmp_path, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + 300
        while len(list(tmp_path.glob("s/*/predictions.npz"))) < 2:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        made.remove_node(nodes[0], allow_graceful=False)
        said, errors = process.communicate(timeout=180)
    assert process.returncode == 0, said + errors
    assert "2 workers" in said
    summary = pd.read_csv(tmp_path / "s" / "summary.csv")
    assert len(summary) == 12
    assert set(summary["status"]) == {"completed"}
    plan = json.loads((tmp_path / "s" / "plan.json").read_text())
    assert plan["launcher"]["_target_"] == "hydra_plugins.runner.RayLauncher"
