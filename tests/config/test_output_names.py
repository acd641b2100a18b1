import re

import pytest

from runner.config.output_names import directory_name, slug, sweep_name


def test_more_seeds_of_a_study_find_its_place_and_another_question_has_its_own():
    study = "study=optimizers"
    assert sweep_name([study]) == "studies/optimizers"
    same = ["seeds=6", "study.seeds=[3,4]", "seed=1,2", "fail_fast=true", "device=cpu", "dataset.root=/data", "name=x"]
    assert {sweep_name([study, one]) for one in same} == {"studies/optimizers"}
    assert sweep_name([study, "training.epochs=5", "seeds=3"]) == "studies/optimizers_training.epochs=5"
    others = ["training.epochs=5", "training.epochs=6", "regularizer=[]", "regularizer=[l2]", "study.metric=val_loss"]
    assert len({sweep_name([study, one]) for one in others}) == len(others)


def test_an_ablation_is_named_after_its_base_and_what_it_leaves_out():
    base = "study.base=['experiment=cnn_batchnorm']"
    ablation = ["study=ablation", base, "study.drop=[schedule,regularizer.dropout]"]
    name = sweep_name(ablation)
    assert re.fullmatch(r"studies/ablation_cnn_batchnorm_without_dropout-schedule_[0-9a-f]{6}", name)
    same = ["seeds=9", "study.seeds=[3,4]", "device=cpu", "dry_run=true"]
    swapped = [*ablation[:2], "study.drop=[regularizer.dropout,schedule]"]
    assert {sweep_name([*swapped, one]) for one in same} == {name}
    others = (
        [*ablation[:2], "study.drop=[schedule]"],
        [*ablation[:2], "study.drop=[schedule,dropout]"],  # which looks the same
        [*ablation, "optimizer=sgd"],
        [*ablation, "optimizer=adam"],
        [ablation[0], "study.base=['model=cnn_batchnorm']", ablation[2]],
        [ablation[0], ablation[2]],
        [ablation[0], base],
    )
    assert len({name, *map(sweep_name, others)}) == len(others) + 1


def test_an_ablation_of_many_parts_has_a_short_name():
    several = [["study=x", f"study.drop=[{','.join(['regularizer.dropout'] * 9)}]", f"{key}=1"] for key in "ab"]
    assert all(re.fullmatch(r"studies/x_[0-9a-f]{6}", sweep_name(arguments)) for arguments in several)
    assert len({*map(sweep_name, several)}) == 2


def test_long_and_odd_studies_have_names_that_differ_by_a_digest():
    long = [["study=x", *(f"{key}{letter}=1" for letter in "abcdefghijklmnopqrstuvwxyz")] for key in ("kind", "rate")]
    odd = [["study=x", f"regularizer=[l{number}]"] for number in (1, 2)]
    names = [sweep_name(arguments) for arguments in [*long, *odd]]
    assert len({*names}) == 4
    assert max(map(len, names)) < 130


def test_the_same_grid_has_one_place_and_another_grid_another():
    grid = ["-m", "optimizer=sgd,adam", "seed=0,1"]
    assert sweep_name(grid) == sweep_name(["seed=0,1", "optimizer=sgd,adam", "-m"])
    assert sweep_name(grid) == sweep_name([*grid, "dry_run=true", "hydra.launcher.workers=3", "hydra/launcher=ray"])
    assert sweep_name(grid) != sweep_name([*grid, "training.epochs=3"])
    assert sweep_name(grid) == sweep_name([*grid, "folds=null"])


def test_a_grid_is_named_after_what_it_varies():
    fixed = ["dataset=mnist_5k", "training.epochs=30", "regularizer=[l2,dropout]", "seed=0,1,2"]
    name = sweep_name([*fixed, "optimizer=sgd,adam"])
    assert name.startswith("sweeps/optimizer=adam-sgd_")
    assert len(name) == len("sweeps/optimizer=adam-sgd_") + 6
    assert name != sweep_name([*fixed[1:], "optimizer=sgd,adam"])
    rates = ",".join(f"0.{number}" for number in range(1, 30))
    long = sweep_name([*fixed, f"optimizer.learning_rate={rates}", "training.batch_size=range(8,64,8)"])
    assert long.startswith("sweeps/learning_rate-batch_size_")
    assert sweep_name(["seeds=5", "optimizer=adam"]).startswith("sweeps/optimizer=adam_")
    assert len(sweep_name(["seeds=5"])) == len("sweeps/") + 6
    assert len(sweep_name([f"{key}=1,2" for key in "abcdefghijklmnopqrstuvwxyz"])) < 60


@pytest.mark.parametrize("text", ["regularizer=[l2,dropout]", "a/../../b", "$(rm -rf .)", "x" * 500, "ä ö", "..", ""])
def test_a_name_has_nothing_that_a_file_system_minds(text):
    assert set(slug(text)) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_=.+-")
    assert not slug(text).startswith(".")
    assert len(directory_name(text, 0, "0123456789ab")) < 100
    assert "0123456789ab" in directory_name(text, 0, "0123456789ab")


def test_signs_of_exponents_stay():
    assert slug("optimizer.learning_rate=1e+30") != slug("optimizer.learning_rate=1e-30")


def test_a_grid_has_one_name_whatever_the_order_of_its_keys_and_values():
    grid = ["optimizer=sgd,adam", "training.batch_size=8,16,128", "regularizer=[l2,dropout],[]"]
    other = ["regularizer=[],[l2,dropout]", "optimizer=adam,sgd", "training.batch_size=128,8,16"]
    assert sweep_name(grid) == sweep_name(other)
    assert sweep_name(other[2:]).startswith("sweeps/batch_size=8-16-128_")
    assert sweep_name(["optimizer=nan,adam,sgd,inf"]) == sweep_name(["optimizer=inf,sgd,nan,adam"])
    assert sweep_name(["regularizer=[l2,dropout]"]) != sweep_name(["regularizer=[dropout,l2]"])  # one value
    assert sweep_name(["name='a,b'"]) != sweep_name(["name='b,a'"])
    assert sweep_name(["x=range(1,5)"]) != sweep_name(["x=range(5,1)"])
