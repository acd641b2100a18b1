"""README of a bundle."""

from dataclasses import replace

import pytest

from runner.records.provenance import versions
from runner.reproducibility.bundle_readme import Contents, code_text, needs, other_versions, readme, state_text
from runner.reproducibility.bundled import Bundled
from runner.reproducibility.environment import Code

CONTENTS = Contents(
    predictions=True, models=False, trusted=(), locks=(), sources=(), rows=4, is_report_new=False
)  # fmt: skip
CLEAN = Code(["c" * 40], was_dirty=False)


@pytest.fixture
def found(sweep) -> Bundled:
    return Bundled.read(sweep)


def test_it_tells_question_command_code_data_and_rows(found):
    text = readme(found, CONTENTS, CLEAN)
    for said in (
        "Question: which?",
        "4 runs: 4 completed.",
        "    runner study=x",
        "c" * 40,
        f"data: mnist, fingerprint {'f' * 64}",
        "sha256sum --quiet -c SHA256SUMS",
        "    runner reproduce FILE.zip --row N",
        "from 1 to 4",
        "(without models)",
    ):
        assert said in text
    assert str(found.path) not in text


def test_a_single_run_needs_no_row(sweep):
    text = readme(Bundled.read(sweep / "sgd-0"), CONTENTS, CLEAN)
    assert "runner reproduce FILE.zip\n" in text
    assert "--row" not in text


def test_what_is_needed_from_outside_is_named_with_what_to_do(found):
    config = dict(found.configs[0])
    config["model"] = {"init_from": "first"}
    config["dataset"] = {"root": "/data", "path": "own.csv"}
    config["optimizer"] = {"_target_": "mine.Optimizer"}
    asking = replace(found, configs=[config])
    assert needs(asking, CONTENTS) == [
        "dataset.path=own.csv: data; expected at this path",
        "dataset.root=/data: the data directory; if it is elsewhere, set RUNNER_DATA_DIR",
        "model.init_from=first: the run whose weights the training starts from; expected at this path",
        "trusted_packages=[mine]: a user's package, whose code is not in the bundle",
    ]
    assert all(line in readme(asking, CONTENTS, CLEAN) for line in needs(asking, CONTENTS))
    assert len(needs(asking, replace(CONTENTS, trusted=["mine.parts"]))) == 3


def test_runs_with_python_objects_are_told_not_to_train_again(found):
    record = replace(found.records[0], objects={"model": "Sequential"})
    asking = replace(found, standings=[replace(found.standings[0], record=record)])
    said = ["model: Sequential: Python objects that no record describes, so their runs cannot be trained again"]
    assert needs(asking, CONTENTS) == said


def test_runs_to_come_count_as_waiting(found):
    assert state_text(replace(found, to_come=2)) == "This sweep is not finished. 6 runs: 4 completed, 2 waiting."


def test_only_versions_that_differ_are_told(found):
    record = replace(found.records[0], versions=versions())
    assert other_versions([record, record]) == []
    changed = replace(record, versions=versions() | {"keras": "2.0", "gone": "1"})
    assert other_versions([record, changed]) == ["gone 1, here none", f"keras 2.0, here {versions()['keras']}"]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (Code([], was_dirty=False), "contain no commit"),
        (Code(["a", "b"], was_dirty=False), "commit a and b, without changes"),
        (Code(["a"], was_dirty=True, changes={"changes.diff": b"x"}), "code/ contains them"),
        (Code(["a"], was_dirty=True), "which the bundle lacks"),
    ],
)
def test_the_code_of_the_runs_is_told(code, said):
    assert said in code_text(code)
