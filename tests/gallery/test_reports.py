"""Regeneration of outdated reports, and reports that cannot be generated."""

from pathlib import Path
from urllib.parse import quote

import pytest

from runner.core.errors import UserError
from runner.gallery import reports as module
from runner.gallery.reports import Maker, Reports

STUDY = Path("study")


class Clock:
    """Clock that the test sets; each report advances it by two seconds."""

    def __init__(self):
        self.now = 0.0
        self.made: list[Path] = []

    def __call__(self) -> float:
        return self.now

    def make(self, directory: Path) -> str:
        self.made.append(directory)
        self.now += 2.0
        return f"{directory} {len(self.made)}"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reports(clock) -> Reports:
    return Reports(clock.make, clock)


def test_a_report_is_made_once_for_the_same_files(reports, clock):
    assert reports.page(STUDY, ("a",)) == reports.page(STUDY, ("a",)) == "study 1"
    clock.now += 1000
    assert reports.page(STUDY, ("a",)) == "study 1"


def test_after_a_change_it_rests_four_times_as_long_as_it_took(reports, clock):
    reports.page(STUDY, ("a",))
    clock.now += 7.9
    assert reports.page(STUDY, ("b",)) == "study 1"
    assert reports.key(STUDY, ("b",)) == ("a",)
    clock.now += 0.2
    assert reports.key(STUDY, ("b",)) == ("b",)
    assert reports.page(STUDY, ("b",)) == "study 2"


def test_the_key_is_that_of_the_files_before_the_first_report(reports):
    assert reports.key(STUDY, ("a",)) == ("a",)


def test_the_key_stays_the_same_while_a_report_is_made(reports, clock):
    keys = []

    def changes(directory: Path) -> str:
        keys.append(reports.key(directory, ("files that changed in the meantime",)))
        return clock.make(directory)

    reports.make = changes
    reports.page(STUDY, ("a",))
    assert keys == [("a",)]
    assert reports.key(STUDY, ("b",)) == ("a",)


def test_few_reports_are_kept(reports, clock, monkeypatch):
    monkeypatch.setattr(module, "_MOST_KEPT", 2)
    for name in ("one", "two", "three", "one"):
        reports.page(Path(name), ("a",))
    assert clock.made == [Path("one"), Path("two"), Path("three"), Path("one")]


def test_a_report_that_cannot_be_made_is_tried_again(clock):
    def fails(_: Path) -> str:
        raise UserError("no run found")

    reports = Reports(fails, clock)
    with pytest.raises(UserError, match="no run found"):
        reports.page(STUDY, ("a",))
    reports.make = clock.make
    assert reports.page(STUDY, ("a",)) == "study 1"


@pytest.mark.usefixtures("processes")
def test_the_process_makes_the_page_of_a_real_sweep_and_names_what_is_wrong(finished_sweep, tmp_path):
    maker = Maker()
    try:
        before = sorted(path.name for path in finished_sweep.iterdir())
        page = maker(finished_sweep)
        assert "<title>Test accuracy of 2 variants - runner</title>" in page
        runs = [record.parent.name for record in finished_sweep.glob("*/record.json")]
        assert [name for name in runs if f'href="./{quote(name)}/"' not in page] == []
        assert sorted(path.name for path in finished_sweep.iterdir()) == before
        with pytest.raises(UserError, match="no run found"):
            maker(tmp_path)
    finally:
        maker.close()
