import re
from dataclasses import replace

from runner.sweeps.planning.forecast import forecast
from runner.sweeps.planning.study import read_study
from tests.sweeps.made_up import record
from tests.sweeps.planning.test_plan import planned

STUDY = {
    "variants": {"adam": [], "sgd": ["optimizer=sgd"]},
    "baseline": "adam",
    "grid": {"dataset": ["digits", "breast_cancer"]},
    "seeds": 8,
}


def test_each_data_set_has_its_own_detectable_difference(composer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # without other runs
    plan = planned(composer, STUDY)

    def ended(job):
        spread = {"digits": 0.001, "breast_cancer": 0.05}[job.choices["dataset"]] * (job.variant[0] == "s")
        accuracy = 0.9 + spread * (-1) ** job.seed
        return replace(record(job), test={"accuracy": accuracy}, choices=job.choices, overrides=job.overrides)

    (line,) = forecast(plan, read_study(STUDY), [ended(job) for job in plan.jobs]).lines
    one, other = re.search(r"at least (\S+) percentage points on digits, (\S+) .* on breast_cancer can", line).groups()
    assert 45 < float(other) / float(one) < 55
