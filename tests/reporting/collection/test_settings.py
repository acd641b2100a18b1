import yaml

from runner.core.omissions import LeftOut
from runner.reporting.collection import settings as module
from runner.reporting.collection.collect import find_runs
from runner.reporting.collection.settings import settings_of


def settings(path):
    left_out = LeftOut()
    return settings_of(find_runs([path], left_out), left_out)


def configured(make_run, name, config, **fields):
    (make_run(name, **fields) / "config.yaml").write_text(yaml.safe_dump(config))


def test_keys_that_differ_are_named_groups_first_and_implied_ones_last(make_run, tmp_path):
    for name, rho in (("adam", None), ("rmsprop", 0.9)):
        for seed in range(2):
            optimizer = {"_target_": f"keras.optimizers.{name}", "rho": rho, "learning_rate": 0.1}
            config = {
                "seed": seed,
                "optimizer": optimizer,
                "training": {"epochs": len(name)},
                "device": {"threads": seed},
                "dataset": {"fingerprint": name},  # only checks the data
                "schedule": {"_partial_": True} if rho else {},
            }
            overrides = [f"optimizer={name}", f"training.epochs={len(name)}", f"seed={seed}"]
            chosen = {"overrides": overrides, "choices": {"optimizer": name}, "seed": seed}
            configured(make_run, f"sweep/{name}{seed}", config, **chosen)
    found = settings(tmp_path / "sweep")
    assert found.keys == ["optimizer", "training.epochs", "optimizer.rho"]
    assert [[own.get(key) for key in found.keys] for own in found.configurations] == [
        ["adam", "4", None], ["rmsprop", "7", "0.9"]
    ]  # fmt: skip
    assert found.of_runs == [0, 0, 1, 1]


def test_among_many_configurations_only_what_the_records_hold_counts(make_run, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_MOST_READ", 1)
    for rate in (1, 2):
        configured(make_run, f"sweep/{rate}", {"unread": rate}, overrides=[f"rate={rate}"])
    assert settings(tmp_path / "sweep").keys == ["rate"]
