"""Sides of a comparison, and the variants and seeds that they share."""

import json

import pytest
import yaml

from runner.core.errors import UserError
from runner.core.omissions import LeftOut
from runner.reporting.comparison.sides import date_of, read_sides, sides_by, sides_of


@pytest.fixture
def make_side(make_run, tmp_path):
    """make_side("a", variants=["sgd"], seeds=[0, 1]) -> a directory of runs; `make_run` gets other arguments."""

    def make(name, variants=("sgd",), seeds=(0, 1), **others):
        for variant in variants:
            for seed in seeds:
                make_run(f"{name}/{variant}{seed}", label=variant, seed=seed, **others)
        return tmp_path / name

    return make


def combined(*directories, metric=None):
    return read_sides(sides_of(directories, LeftOut()), metric, LeftOut())


def compared_seeds(sides):
    return {pairing.variant: [sides.runs[place].record.seed for place in pairing.other] for pairing in sides.pairings}


def test_each_directory_is_a_side_and_common_variants_and_seeds_are_compared(make_side):
    sides = combined(make_side("a", ["sgd", "adam"], [0, 1, 2]), make_side("b", ["adam", "lion"], [1, 2, 3]))
    assert compared_seeds(sides) == {"adam": [1, 2]}
    for one, other in sides.pairs(sides.pairings[0]):
        assert one.record.seed == other.record.seed
        assert (one.directory.path.parent.name, other.directory.path.parent.name) == ("a", "b")


def test_what_only_one_side_has_is_named(make_side):
    first = make_side("a", ["sgd", "adam"], [0, 1, 2])
    make_side("a/digits", ["sgd"], dataset="digits", fingerprint="d")
    assert combined(first, make_side("b", ["sgd", "lion"], [2, 3])).notes() == [
        "only A has variants adam [mnist], sgd [digits].",
        "only A has runs on digits.",
        "only A has seeds 0, 1 of sgd [mnist].",
        "only B has variant lion [mnist].",
        "only B has seed 3 of sgd [mnist].",
    ]


def test_the_first_side_is_compared_with_each_other_one(make_side):
    sides = combined(*(make_side(name) for name in "abc"))
    assert [(pairing.variant, pairing.side) for pairing in sides.pairings] == [("sgd", 1), ("sgd", 2)]


def test_two_commits_are_sides_in_the_order_of_their_starts(make_side, tmp_path):
    make_side("x/late", code={"commit": "a" * 40, "dirty": False}, started="2026-03-02T00:00:00+00:00")
    make_side("x/early", code={"commit": "b" * 40, "dirty": False}, started="2026-03-01T23:59:00+00:00")
    make_side("x/edited", code={"commit": "b" * 40, "dirty": True}, started="2026-03-03T00:00:00+00:00")
    make_side("x/wheel", code={}, started="2026-02-01T00:00:00+00:00")
    names = [side.name for side in sides_by([tmp_path / "x"], "commit", LeftOut())]
    assert names == ["unknown", "b" * 12, "a" * 12, f"{'b' * 12}+changes"]


def test_two_dates_are_sides(make_side, tmp_path):
    make_side("x/late", started="2026-03-02T00:00:00+00:00")
    make_side("x/early", started="2026-03-01T23:59:00+00:00")
    first, second = sides_by([tmp_path / "x"], "date", LeftOut())
    assert (first.name, first.dates, second.name) == ("2026-03-01", ["2026-03-01"], "2026-03-02")
    assert {date_of(run.record) for run in second.runs} == {"2026-03-02"}


def test_one_commit_is_no_comparison(make_side):
    side = make_side("a", code={"commit": "c" * 40})
    with pytest.raises(
        UserError, match=r"^--by commit: all runs in .*a have the same commit \(c{12}\); .* at least two$"
    ):
        sides_by([side], "commit", LeftOut())


def test_one_directory_is_no_comparison(make_side):
    with pytest.raises(UserError, match=r"a: a comparison needs two directories, or --by commit or --by date$"):
        sides_of([make_side("a")], LeftOut())


def test_a_run_belongs_to_one_side(make_side):
    side = make_side("a")
    with pytest.raises(UserError, match=r"sgd0: belongs to .*a and to .*sgd0; give directories that share no run$"):
        sides_of([side, side / "sgd0"], LeftOut())
    with pytest.raises(UserError, match=r"sgd0: .*a was given twice"):
        sides_of([side, side], LeftOut())


def test_an_empty_directory_is_named(make_side, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"empty: no run found"):
        sides_of([make_side("a"), tmp_path / "empty"], LeftOut())


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"variants": ["adam"]}, r"a \(sgd\) and .*b \(adam\) have no common variant, so"),
        ({"seeds": [5]}, r"a \(seeds 0, 1\) and .*b \(seed 5\) have no common seed of a common variant, so"),
        ({"dataset": "digits"}, r"a \(sgd \[mnist\]\) and .*b \(sgd \[digits\]\) have no common variant, so"),
    ],
)
def test_sides_without_anything_in_common_are_refused(make_side, other, message):
    with pytest.raises(UserError, match=message):
        combined(make_side("a"), make_side("b", **other))


def test_sides_with_other_data_of_one_name_are_refused(make_side):
    with pytest.raises(UserError, match=r"2 different data sets named mnist .* cannot be compared"):
        combined(make_side("a"), make_side("b", fingerprint="0" * 64))


def test_a_variant_that_was_tuned_to_other_values_is_the_same_variant_and_the_keys_are_named(make_side):
    sides = []
    for name, rate in (("a", "0.1"), ("b", "0.2")):
        sides.append(make_side(name, overrides=[f"optimizer.learning_rate={rate}"]))
        for run in sides[-1].iterdir():
            (run / "config.yaml").write_text(yaml.safe_dump({"optimizer": {"learning_rate": float(rate)}}))
    found = combined(*sides)
    assert [*compared_seeds(found)] == ["sgd"]
    assert found.notes() == [
        "A and B differ in optimizer.learning_rate (0.1 or 0.2): sgd. These keys may explain the differences."
    ]


def test_an_override_of_a_whole_side_is_no_part_of_its_variants(make_run, tmp_path):
    for epochs in (1, 2):
        for optimizer in ("sgd", "adam"):
            overrides = [f"training.epochs={epochs}", f"optimizer={optimizer}", "seed=0"]
            make_run(f"{epochs}/{optimizer}", overrides=overrides, seed=0)
    assert set(compared_seeds(combined(tmp_path / "1", tmp_path / "2"))) == {"optimizer=sgd", "optimizer=adam"}


def test_two_single_variants_are_compared_whatever_sets_them_apart(make_run, tmp_path):
    for optimizer in ("sgd", "adam"):
        make_run(f"{optimizer}/0", overrides=[f"optimizer={optimizer}", "training.epochs=2", "seed=0"], seed=0)
    assert set(compared_seeds(combined(tmp_path / "sgd", tmp_path / "adam"))) == {"training.epochs=2"}


def test_two_variants_of_one_name_on_one_side_keep_their_overrides_apart(make_side, tmp_path):
    for side in "ab":
        for rate in ("0.1", "0.2"):
            make_side(f"{side}/{rate}", overrides=[f"optimizer.learning_rate={rate}"])
    sides = combined(tmp_path / "a", tmp_path / "b")
    assert [*compared_seeds(sides)] == ["sgd (optimizer.learning_rate=0.1)", "sgd (optimizer.learning_rate=0.2)"]


def test_the_metric_is_the_plans_and_another_one_is_secondary(make_side):
    sides = [make_side(name) for name in "ab"]
    for side in sides:
        lines = ["phase,variant,directory", *(f"final,sgd,{run.name}" for run in sorted(side.iterdir()))]
        (side / "plan.csv").write_text("\n".join(lines) + "\n")
        (side / "plan.json").write_text(json.dumps({"study": {"metric": "val_loss"}}))
    assert combined(*sides).metric == "test_loss"
    chosen = combined(*sides, metric="val_accuracy")
    assert (chosen.metric, chosen.primary_metric) == ("val_accuracy", "test_loss")


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ("test_acuracy", r"no such metric in summary.csv; did you mean test_accuracy\?"),
        ("parameters", "neither higher nor lower values are better"),
        ("epochs_to_target", "needs a target, so only reports"),
    ],
)
def test_a_metric_that_cannot_be_compared_is_refused(make_side, metric, message):
    with pytest.raises(UserError, match=f"^--metric {metric}: {message}"):
        combined(make_side("a"), make_side("b"), metric=metric)
