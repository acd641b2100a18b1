import pytest

from runner.config.naming import directory_name, is_sweep, slug, sweep_name


def test_a_study_has_one_place_whatever_is_overridden():
    assert sweep_name(["study=optimizers"]) == sweep_name(["study=optimizers", "seeds=6", "training.epochs=5"])
    assert sweep_name(["study=optimizers"]) == "studies/optimizers"


def test_ablations_of_two_bases_have_two_places():
    names = {sweep_name(["study=ablation", f"study.base=[{base}]", "study.drop=[schedule]"]) for base in ("a=b", "a=c")}
    assert len(names) == 2


def test_the_same_grid_has_one_place_and_another_grid_another():
    grid = ["-m", "optimizer=sgd,adam", "seed=0,1"]
    assert sweep_name(grid) == sweep_name(["seed=0,1", "optimizer=sgd,adam", "-m"])
    assert sweep_name(grid) == sweep_name([*grid, "dry_run=true", "hydra.launcher.workers=3", "hydra/launcher=ray"])
    assert sweep_name(grid) != sweep_name([*grid, "training.epochs=3"])


@pytest.mark.parametrize("text", ["regularizer=[l2,dropout]", "a/../../b", "$(rm -rf .)", "x" * 500, "ä ö", "..", ""])
def test_a_name_has_nothing_that_a_file_system_minds(text):
    assert set(slug(text)) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_=.+-")
    assert not slug(text).startswith(".")
    assert len(directory_name(text, 0, "0123456789ab")) < 100
    assert "0123456789ab" in directory_name(text, 0, "0123456789ab")


@pytest.mark.parametrize("argument", ["study=smoke", "seeds=3", "search=optuna", "dry_run=true"])
def test_what_asks_for_many_runs_is_a_sweep(argument):
    assert is_sweep(["optimizer=sgd", argument])
    assert not is_sweep(["optimizer=sgd", "seed=3"])


def test_signs_of_exponents_stay():
    assert slug("optimizer.learning_rate=1e+30") != slug("optimizer.learning_rate=1e-30")


def test_a_grid_has_one_name_whatever_the_order_of_its_keys_and_values():
    grid = ["optimizer=sgd,adam", "training.batch_size=8,16,128", "regularizer=[l2,dropout],[]"]
    other = ["regularizer=[],[l2,dropout]", "optimizer=adam,sgd", "training.batch_size=128,8,16"]
    assert sweep_name(grid) == sweep_name(other)
    assert "training.batch_size=8-16-128" in sweep_name(other[2:])
    assert sweep_name(["regularizer=[l2,dropout]"]) != sweep_name(["regularizer=[dropout,l2]"])  # one value
    assert sweep_name(["name='a,b'"]) != sweep_name(["name='b,a'"])
    assert sweep_name(["x=range(1,5)"]) != sweep_name(["x=range(5,1)"])
