import json
import logging
import re

import pytest

from runner.core.errors import UserError
from runner.core.lock import run_lock
from runner.core.omissions import LeftOut
from runner.reporting.collection.collect import find_runs
from runner.reporting.collection.labels import Values, labels_by, variant_labels, with_dataset
from runner.reporting.tables.frames import history_frame, summary_frame


def test_runs_are_found_below_a_directory_in_the_order_of_their_numbers(make_run, tmp_path):
    for number in (10, 2, 1):
        make_run(f"sweep/{number}")
    assert [run.directory.path.name for run in find_runs([tmp_path])] == ["1", "2", "10"]


def test_a_grid_without_a_plan_is_in_the_order_of_its_keys(make_run, tmp_path):
    cells = [(size, rate) for size in (128, 32) for rate in ("0.1", "1.0", "0.01")]
    for seed in range(2):
        for number, (size, rate) in enumerate(cells):
            overrides = [f"training.batch_size={size}", f"optimizer.learning_rate={rate}", f"seed={seed}"]
            make_run(f"sweep/{seed}{number}", overrides=overrides, seed=seed)
    runs = find_runs([tmp_path])
    assert list(dict.fromkeys(variant_labels(runs))) == [
        f"training.batch_size={size},optimizer.learning_rate={rate}"
        for size in (32, 128)
        for rate in ("0.01", "0.1", "1.0")
    ]
    assert [run.record.seed for run in runs] == [0, 1] * 6


def test_a_run_named_twice_counts_once(make_run, tmp_path):
    directory = make_run("sweep/0")
    assert len(find_runs([tmp_path, directory, directory / ".." / "0"])) == 1


def test_an_unreadable_run_is_left_out_by_name_and_the_rest_is_reported(make_run, tmp_path, caplog):
    make_run("sweep/0")
    (make_run("sweep/1") / "record.json").write_text("{ half a rec")
    (make_run("sweep/2") / "history.csv").write_text("epoch,loss\n1,")
    with caplog.at_level(logging.WARNING):
        assert [run.directory.path.name for run in find_runs([tmp_path])] == ["0"]
    assert "sweep/1/record.json" in caplog.text
    assert "sweep/2/history.csv" in caplog.text


def test_a_run_that_was_killed_was_interrupted(make_run, tmp_path):
    make_run("sweep/killed", status="running")
    going_on = make_run("sweep/running", status="running")
    with run_lock(going_on):
        assert [run.record.status for run in find_runs([tmp_path])] == ["interrupted", "running"]


@pytest.mark.parametrize("missing", ["nowhere", "."])
def test_nothing_to_report_on_is_an_error(tmp_path, missing):
    with pytest.raises(UserError, match="no such directory" if missing == "nowhere" else "no run found"):
        find_runs([tmp_path / missing])


def test_summary_has_a_row_a_run_and_the_overrides_of_all_runs(make_run, tmp_path):
    make_run("sweep/0", overrides=["optimizer=sgd", "seed=0"])
    make_run("sweep/1", overrides=["optimizer=adam", "optimizer.beta_1=0.8", "seed=0"])
    runs = find_runs([tmp_path])
    frame = summary_frame(runs, variant_labels(runs))
    assert list(frame["optimizer"]) == ["sgd", "adam"]
    assert list(frame["optimizer.beta_1"].fillna("-")) == ["-", "0.8"]
    assert list(frame["test_accuracy"]) == [0.75, 0.75]


def test_labels_leave_out_what_all_variants_share(make_run, tmp_path):
    make_run("sweep/0", overrides=["optimizer=sgd", "training.epochs=2", "seed=0"])
    make_run("sweep/1", overrides=["optimizer=adam", "training.epochs=2", "seed=0"])
    assert variant_labels(find_runs([tmp_path])) == ["optimizer=sgd", "optimizer=adam"]


def test_an_override_that_is_a_list_stays_in_one_piece(make_run, tmp_path):
    make_run("sweep/0", overrides=["regularizer=[l2,dropout]", "seed=0"])
    make_run("sweep/1", overrides=["regularizer=[l2]", "seed=0"])
    make_run("sweep/2", overrides=["regularizer=[]", "seed=0"])
    assert variant_labels(find_runs([tmp_path])) == ["regularizer=[l2,dropout]", "regularizer=[l2]", "regularizer=[]"]


def test_one_variant_on_two_data_sets_is_two(make_run, tmp_path):
    make_run("sweep/0", overrides=["optimizer=sgd"])
    make_run("sweep/1", overrides=["optimizer=sgd"], fingerprint="a" * 64, dataset="mnist_5k")
    runs = find_runs([tmp_path])
    assert with_dataset(variant_labels(runs), runs) == ["optimizer=sgd [mnist]", "optimizer=sgd [mnist_5k]"]


def test_two_data_sets_of_one_name_are_not_compared(make_run, tmp_path):
    """The data sets may be versions of one data set, or unrelated tables of a user."""
    for name, file, letter in (("0", "iris.csv", "a"), ("1", "iris.csv", "a"), ("2", "wine.csv", "b")):
        path = make_run(f"sweep/{name}", dataset="csv", fingerprint=letter * 64) / "record.json"
        record = json.loads(path.read_text())
        path.write_text(json.dumps(record | {"dataset": record["dataset"] | {"source": f"/data/{file}"}}))
    said = "these runs used 2 different data sets named csv (iris.csv aaaaaaaaaaaa, wine.csv bbbbbbbbbbbb)"
    with pytest.raises(UserError, match=re.escape(said)):
        with_dataset(["a", "b", "c"], find_runs([tmp_path]))


def test_variants_can_be_made_of_the_values_of_keys(make_run, tmp_path):
    """The values come from overrides, the chosen options, or the configuration."""
    make_run("sweep/0", overrides=["optimizer=sgd", "training.epochs=3"])
    directory = make_run("sweep/1", overrides=["optimizer=adam"])
    (directory / "config.yaml").write_text("training: {epochs: 20}\n")
    runs, values = find_runs([tmp_path]), Values(LeftOut())
    assert labels_by(runs, ["training.epochs"], values) == ["training.epochs=3", "training.epochs=20"]
    assert labels_by(runs, ["optimizer", "training.epochs"], values)[1] == "optimizer=adam,training.epochs=20"
    with pytest.raises(UserError, match=r"--by optimiser: no such key in these runs; did you mean optimizer\?"):
        labels_by(runs, ["optimiser"], values)


def test_history_keeps_curves_of_unequal_length_as_they_are(make_run, tmp_path):
    make_run("sweep/0", seed=0, accuracies=[0.1, 0.2, 0.3])
    make_run("sweep/1", seed=1, accuracies=[0.4])
    frame = history_frame(runs := find_runs([tmp_path]), variant_labels(runs))
    assert list(frame["val_accuracy"]) == [0.1, 0.2, 0.3, 0.4]
    assert list(frame["epoch"]) == [1, 2, 3, 1]
    assert list(frame["seed"]) == [0, 0, 0, 1]


def test_files_among_several_paths_are_no_runs(make_run, tmp_path):
    directory = make_run("sweep/0")
    picture = tmp_path / "sweep" / "accuracy.png"
    picture.touch()
    assert len(find_runs([directory, picture])) == 1
    with pytest.raises(UserError, match="no such directory"):
        find_runs([picture])


def test_of_a_sweep_the_planned_runs_are_found_in_the_plan_s_order(make_run, tmp_path):
    for name in ("a", "b", "c", "stale"):
        make_run(f"sweep/{name}")
    (tmp_path / "sweep" / "plan.csv").write_text("phase,directory\ntuning,a\nfinal,c\nfinal,b\nfinal,waiting\n")
    assert [run.directory.path.name for run in find_runs([tmp_path])] == ["c", "b"]
    assert [run.directory.path.name for run in find_runs([tmp_path], kind="tuning")] == ["a"]


def test_a_run_of_any_kind_is_found_by_its_own_path_alone(make_run, tmp_path):
    a, b = make_run("sweep/a"), make_run("sweep/b", seed=1)
    (tmp_path / "sweep" / "plan.csv").write_text("phase,directory\nsource,a\nfinal,b\n")
    assert [run.directory.path for run in find_runs([a])] == [a]
    assert [run.directory.path for run in find_runs([a, b])] == [b]


def test_a_run_that_is_two_variants_is_there_for_each(make_run, tmp_path):
    make_run("sweep/a")
    (tmp_path / "sweep" / "plan.csv").write_text("phase,variant,directory\nfinal,one,a\nfinal,other,a\n")
    runs = find_runs([tmp_path])
    assert variant_labels(runs) == ["one", "other"]


def test_so_it_is_where_one_of_them_was_crossed_with_data_sets(make_run, tmp_path):
    given = {"0": ("adam", 0.1, "mnist"), "1": ("adam,dataset=mnist", 0.001, "mnist"), "2": ("adam", 0.1, "other")}
    for name, (label, rate, data) in given.items():
        overrides = [f"optimizer.learning_rate={rate}", f"dataset={data}"]
        directory = make_run(f"s/{name}", overrides=overrides, dataset=data, fingerprint=data)
        record = json.loads((directory / "record.json").read_text())
        (directory / "record.json").write_text(json.dumps(record | {"label": label}))
    assert variant_labels(find_runs([tmp_path])) == [
        "adam (optimizer.learning_rate=0.1)",
        "adam (optimizer.learning_rate=0.001)",
        "adam",
    ]


def test_one_name_in_two_studies_is_two_variants(make_run, tmp_path):
    for number, epochs in enumerate((5, 5, 20)):
        directory = make_run(f"s/{number}", overrides=["optimizer=adam", f"training.epochs={epochs}"], seed=number)
        record = json.loads((directory / "record.json").read_text())
        (directory / "record.json").write_text(json.dumps(record | {"label": "adam"}))
    labels = variant_labels(find_runs([tmp_path]))
    assert labels == ["adam (training.epochs=5)"] * 2 + ["adam (training.epochs=20)"]
