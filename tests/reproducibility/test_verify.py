"""`runner verify`: its file of published results, its plan, and two real training runs."""

import csv
from io import StringIO

import pytest
from rich.console import Console

from runner.core.errors import ConfigError, UserError
from runner.reproducibility.verify import expectations, plan_of, read_file, verify
from tests.test_recipes import RECIPES

FILE = read_file()
# Recipes with a published figure; the others are our own, or have no published figure.
PUBLISHED = {
    "algoperf_mnist",
    "article_mnist",
    "binary_classifier",
    "deepobs_mnist_mlp",
    "keras_convnet",
    "keras_mlp",
    "srivastava_dropout",
    "tf_quickstart",
}


def test_every_recipe_with_a_published_figure_has_a_row():
    named = {one.partition("=")[2] for row in FILE.rows.values() for one in row.overrides if one[:10] == "experiment"}
    assert named == PUBLISHED
    assert named <= set(RECIPES)


@pytest.mark.parametrize("quick", [False, True])
def test_every_row_composes_and_the_plan_has_a_run_a_seed(quick):
    expected = expectations(FILE, [], [], quick=quick, seeds=2)
    plan = plan_of(expected, {"workers": 1}, ["verify"])
    assert len({job.run_id for job in plan.jobs}) == 2 * len(expected)
    assert {job.config["dataset"]["name"] for job in plan.jobs} == {"mnist", "binary"}
    assert {one.penalized for one in expected} == {True, False}
    for one in expected:
        (job, _) = (job for job in plan.jobs if job.variant == one.name)
        assert one.penalized == ("l2" in job.config["regularizer"])


def test_a_published_figure_lies_in_its_band_unless_the_row_says_otherwise():
    outside = {name for name, row in FILE.rows.items() if not row.band[0] <= row.published <= row.band[1]}
    assert not outside


def test_a_row_without_a_quick_form_says_so():
    with pytest.raises(UserError, match="srivastava_dropout: has no quick form"):
        expectations(FILE, ["srivastava_dropout"], [], quick=True, seeds=None)


def test_quick_has_its_own_bands_and_fewer_epochs():
    full, quick = (expectations(FILE, ["keras_mlp"], [], quick=quick, seeds=None)[0] for quick in (False, True))
    assert quick.overrides == [*full.overrides, "training.epochs=1"]
    assert quick.band[1] < full.band[0]
    assert (full.seeds, quick.seeds) == (3, 2)


def test_overrides_are_for_all_rows():
    rows = expectations(FILE, ["keras_mlp", "tf_quickstart"], ["device=cpu"], quick=False, seeds=None)
    assert [row.overrides[-1] for row in rows] == ["device=cpu"] * 2


def test_an_unknown_row_is_answered_with_the_nearest():
    with pytest.raises(UserError, match=r"verify keras_mpl: no such row; did you mean keras_mlp\?"):
        expectations(FILE, ["keras_mpl"], [], quick=False, seeds=None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("band: [99, 98]", "verify.rows.a: band must be two increasing numbers"),
        ("band: [97, 98]\n    bnad: 1", r"verify.rows.a.bnad=1: no such key"),
        ("band: [97]", "verify.rows.a.band="),
        ("band: [97, 98]\n    seeds: 0", "verify.rows.a.seeds=0"),
    ],
)
def test_a_wrong_key_of_the_file_is_named(text, said, tmp_path):
    path = tmp_path / "verify.yaml"
    path.write_text(
        "seeds: 1\nquick_seeds: 1\ndata: {d: {}}\nrows:\n  a:\n    source: s\n    published: 97\n"
        f"    overrides: []\n    data: d\n    {text}\n"
    )
    with pytest.raises(ConfigError, match=said):
        read_file(path)


def test_data_that_are_not_described_are_named(tmp_path):
    path = tmp_path / "verify.yaml"
    row = "{source: s, published: 97, overrides: [], data: e, band: [1, 2]}"
    path.write_text(f"seeds: 1\nquick_seeds: 1\ndata: {{d: {{}}}}\nrows: {{a: {row}}}\n")
    with pytest.raises(ConfigError, match=r"verify.rows.a.data=e: no such data \(allowed: d\)"):
        read_file(path)


def rows_of(directory):
    with (directory / "verify.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


class NoPool:
    """A pool for runs that are already trained."""

    workers = 1

    @property
    def checker(self):
        return self

    def results(self, _function, tasks, _affinity):
        assert not tasks
        return iter(())


def test_a_recipe_passes_goes_on_and_fails_with_another_loss_or_other_data(quick_cli, tmp_path):
    """Real training runs of a second each, on synthetic data that need no file."""
    command = ("verify", "--quick", "--workers", "1", "--out", str(tmp_path), "binary_classifier")
    first = quick_cli(*command, cwd=tmp_path)
    assert first.returncode == 0, first.stdout + first.stderr
    (row,) = rows_of(tmp_path)
    assert (row["verdict"], row["n"], row["metric"]) == ("pass", "2", "val_accuracy")
    expected = expectations(FILE, ["binary_classifier"], [], quick=True, seeds=None)
    console = Console(file=StringIO(), width=200)
    (again,) = verify(expected, plan_of(expected, {"workers": 1}, [*command]), tmp_path, NoPool(), console)
    assert again.passed
    assert "2 runs of 1 recipe; 2 done already" in console.file.getvalue()
    other = ("training.loss=binary_focal_crossentropy", "dataset.data_seed=1")
    wrong = quick_cli(*command, "--seeds", "1", *other, cwd=tmp_path)
    assert wrong.returncode == 1
    assert "wrong loss" in wrong.stdout
    assert "wrong split" in wrong.stdout


def test_without_the_data_nothing_else_is_trained(cli, tmp_path):
    result = cli(
        *(
            "verify",
            "--quick",
            "--workers",
            "1",
            "article_mnist",
            f"dataset.root={tmp_path}",
            "dataset.url=file:///nowhere/",
        ),
        cwd=tmp_path,
        env={"RUNNER_DATA_DIR": str(tmp_path)},
    )
    assert result.returncode == 2
    assert "mnist" in result.stderr
    assert not list(tmp_path.rglob("record.json"))
