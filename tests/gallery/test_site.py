"""Answers to requests, without sockets."""

import json
from http import HTTPStatus
from pathlib import Path

import pytest

from runner.core.errors import UserError
from runner.core.lock import run_lock
from runner.gallery.answer import Answer
from runner.gallery.entry import Entry
from runner.gallery.reports import Reports
from runner.gallery.site import Site
from tests.gallery.conftest import HOSTILE, JOBS, report_on
from tests.gallery.test_served_files import SECRET, TRAVERSALS
from tests.sweeps.made_up import end

HOST = "127.0.0.1:8750"


@pytest.fixture
def site(outputs, clock) -> Site:
    """A site whose reports name their directory."""
    (outputs.parent / "secret.csv").write_text(SECRET)
    return Site(outputs, Reports(lambda directory: f"made of {directory.name}", clock), clock=clock)


def text(answer: Answer) -> str:
    assert answer.status == HTTPStatus.OK
    return answer.body.decode()


def test_the_gallery_asks_for_news_and_nothing_else(site):
    page = text(site.answer("/", HOST))
    assert "connect-src &#39;self&#39;" in page
    assert "Is sgd worse?" in page
    assert HOSTILE not in page
    assert "runner resume" in page
    assert "runner report" not in page  # the server generates reports
    assert site.answer("/index.html", HOST) == site.answer("/", HOST)


def test_the_version_changes_with_what_is_shown(site, outputs, clock):
    def version() -> str:
        clock.now += 2
        return json.loads(text(site.answer("/?version", HOST)))["version"]

    before = version()
    assert version() == before
    end(JOBS[2], outputs / "studies" / "stopped", "completed")
    after = version()
    assert after != before
    assert f'data-version="{after}"' in text(site.answer("/", HOST))


def test_the_folder_is_searched_every_two_seconds_at_most(site, outputs, clock):
    before = site.answer("/", HOST)
    end(JOBS[2], outputs / "studies" / "stopped", "completed")
    clock.now += 1.9
    assert site.answer("/", HOST) == before
    clock.now += 0.1
    assert site.answer("/", HOST) != before


def test_a_search_that_takes_long_rests_ten_times_as_long(site, outputs, clock, monkeypatch):
    read = site._entries.read

    def slowly() -> list[Entry]:
        clock.now += 3
        return read()

    monkeypatch.setattr(site._entries, "read", slowly)
    before = site.answer("/", HOST)
    end(JOBS[2], outputs / "studies" / "stopped", "completed")
    clock.now += 29
    assert site.answer("/", HOST) == before
    clock.now += 1
    assert site.answer("/", HOST) != before


def test_a_report_on_the_disk_that_is_up_to_date_is_served_as_it_is_and_sandboxed(site):
    answer = site.answer("/studies/done/index.html", HOST)
    assert text(answer) == "<title>the report</title>"
    assert "sandbox allow-scripts allow-popups" in answer.headers["Content-Security-Policy"]
    assert "allow-same-origin" not in answer.policy
    assert "connect-src" not in answer.policy
    assert "default-src 'none'" in answer.policy


def test_a_report_that_is_missing_or_old_is_made_inside_a_frame_that_follows_it(site, outputs, clock):
    frame = text(site.answer("/studies/stopped/index.html", HOST))
    assert '<iframe title="Report" src="index.html?made"' in frame
    assert "2 of 4 runs" in frame
    assert '<a href="../../">All results</a>' in frame
    assert text(site.answer("/studies/stopped/index.html?made", HOST)) == "made of stopped"
    end(JOBS[0], outputs / "studies" / "done", "failed")
    clock.now += 2
    assert text(site.answer("/studies/done/index.html?made", HOST)) == "made of done"


def test_news_of_a_report_name_state_and_files(site, outputs, clock):
    def news() -> dict[str, str]:
        clock.now += 2
        return json.loads(text(site.answer("/studies/stopped/index.html?version", HOST)))

    before = news()
    assert (before["state"], before["detail"]) == ("interrupted", "2 of 4 runs")
    with run_lock(outputs / "studies" / "stopped" / JOBS[2].directory):
        assert news()["state"] == "running"
    end(JOBS[2], outputs / "studies" / "stopped", "completed")
    assert news()["version"] != before["version"]
    for job in JOBS:
        end(job, outputs / "studies" / "stopped", "completed")
    report_on(outputs / "studies" / "stopped")
    assert news() == {"version": "current", "state": "complete", "detail": "4 runs"}


def test_a_report_that_cannot_be_made_is_a_sentence(site):
    def fails(directory: Path) -> str:
        raise UserError(f"{directory.name}: nothing to report yet {HOSTILE}")

    site.reports.make = fails
    page = text(site.answer("/runs/single/index.html?made", HOST))
    assert "single: nothing to report yet &lt;script&gt;" in page


def test_a_directory_shows_its_files_and_runs(site):
    page = text(site.answer("/studies/wrong/", HOST))
    assert '<a target="_top" href="./plan.json">plan.json</a>' in page
    assert '<a target="_top" href="./sgd-final-1/">sgd-final-1</a>' in page
    assert '<a target="_top" href="./index.html">report</a>' in page
    assert ">report</a>" not in text(site.answer("/studies/torn/", HOST))
    assert "3 of 4 runs, 1 failed" in page
    page = text(site.answer("/studies/wrong/sgd-final-1/", HOST))
    assert '<a target="_top" href="./record.json">record.json</a>' in page
    redirect = site.answer("/studies/wrong", HOST)
    assert (redirect.status, redirect.headers["Location"]) == (HTTPStatus.MOVED_PERMANENTLY, "./wrong/")


@pytest.mark.parametrize("target", [*TRAVERSALS, "/notes/", "/notes/todo.html", "/studies/", "/studies", "/nothing"])
def test_anything_else_is_not_there(site, target):
    answer = site.answer(target.replace("{outside}", str(site.root.parent)), HOST)
    assert answer.status == HTTPStatus.NOT_FOUND
    assert SECRET not in answer.body.decode()


@pytest.mark.parametrize("host", ["127.0.0.1:8750", "localhost", "LOCALHOST:1", "[::1]:8750", "192.168.0.7:8750"])
def test_addresses_and_localhost_are_answered(site, host):
    assert site.answer("/", host).status == HTTPStatus.OK


@pytest.mark.parametrize(
    "host",
    [None, "", "evil.example", "evil.example:8750", "localhost.evil.example", "127.0.0.1.evil.example", "[::1", "@"],
)
def test_any_other_name_of_the_server_is_refused(site, host):
    """DNS rebinding: the host name of a third-party page suddenly resolves to this machine."""
    answer = site.answer("/studies/done/summary.csv", host)
    assert answer.status == HTTPStatus.MISDIRECTED_REQUEST
    assert b"run_id" not in answer.body


def test_a_root_that_is_a_study_itself_has_its_report_at_the_usual_name(outputs, clock):
    site = Site(outputs / "studies" / "done", Reports(str, clock), clock=clock)
    assert text(site.answer("/index.html", HOST)) == "<title>the report</title>"
    assert "Is sgd worse?" in text(site.answer("/", HOST))
