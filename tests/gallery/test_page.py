"""The static page: its links, its texts, the name of its file."""

import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from runner.cli.commands.gallery import index_command
from runner.cli.commands.report import report_arguments
from runner.core.errors import UserError
from runner.gallery.entry import Finding, Findings
from runner.gallery.page import _groups, write_gallery
from tests.gallery.conftest import HOSTILE


class Page(HTMLParser):
    """Texts, links and scripts of a page."""

    def __init__(self, path: Path):
        super().__init__()
        self.text, self.links, self.scripts, self.sources = "", [], 0, []
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.scripts += tag == "script"
        self.links += [values["href"]] if tag == "a" else []
        self.sources += [values["src"]] if "src" in values else []

    def handle_data(self, data):
        self.text += data


def test_text_from_files_stays_text_and_nothing_is_fetched(outputs):
    path = write_gallery(outputs)
    page = Page(path)
    assert page.scripts == 1
    assert page.sources == []
    assert f"Is sgd worse? {HOSTILE}" in page.text
    assert f"E: {HOSTILE}" in page.text
    assert "default-src 'none'; style-src 'sha256-" in unescape(path.read_text())
    assert "connect-src" not in path.read_text()


def test_links_lead_to_what_is_there_also_from_another_folder(outputs, tmp_path):
    odd = outputs / "studies" / "50% of #1?"
    (outputs / "studies" / "done").rename(odd)
    for path in (write_gallery(outputs), write_gallery(outputs, tmp_path / "site" / "deep")):
        links = [link for link in Page(path).links if not link.startswith("#")]
        assert len(links) > 10
        assert [link for link in links if not (path.parent / unquote(link)).exists()] == []
        assert [link for link in links if "50%25%20of%20%231%3F/index.html" in link]


def test_each_kind_has_a_section_that_the_head_counts(outputs):
    page = Page(write_gallery(outputs))
    for text in ("Studies (4)", "Sweeps (2)", "Other reports (1)", "Runs (4)", "11 entries: "):
        assert text in page.text


def test_a_report_keeps_its_page(outputs):
    done = outputs / "studies" / "done"
    report = (done / "index.html").read_bytes()
    assert write_gallery(done) == done / "gallery.html"
    assert write_gallery(done) == done / "gallery.html"
    assert (done / "index.html").read_bytes() == report
    (done / "gallery.html").write_text("mine")
    with pytest.raises(UserError, match=r"other pages named .*; choose another directory"):
        write_gallery(done)


def test_an_earlier_gallery_is_replaced(outputs):
    first = write_gallery(outputs)
    assert first == outputs / "index.html"
    first.write_text(first.read_text().replace("Will it end?", "old"))
    assert "Will it end?" in write_gallery(outputs).read_text()


def test_an_empty_folder_says_so(tmp_path):
    assert "No study, sweep or run yet." in Page(write_gallery(tmp_path)).text


def test_the_default_folder_is_outputs(outputs, monkeypatch, capsys):
    monkeypatch.chdir(outputs.parent)
    index_command([], None)
    assert capsys.readouterr().out == "outputs/index.html\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--index", "--metric", "x", "--together"], "--together, --metric: no effect with --index"),
        (["--index", "a", "b"], "--index: takes one directory, not 2"),
    ],
)
def test_arguments_without_effect_are_refused(arguments, said):
    with pytest.raises(UserError, match=re.escape(said)):
        report_arguments(arguments)


def test_a_report_needs_a_directory(capsys):
    with pytest.raises(SystemExit):
        report_arguments([])
    assert "the following arguments are required: DIR" in capsys.readouterr().err


def test_each_data_set_has_its_own_scale_and_the_first_twelve_findings_are_shown():
    digits = [Finding(f"{name} [digits]", "", "", (1.0, 0.0, 2.0), " [digits]") for name in "abcdefgh"]
    wine = [Finding(f"{name} [wine]", "", "", (9.0, 0.0, 18.0), " [wine]") for name in "abcdefgh"]
    rest = [Finding("a [iris]", "", "", (9.0, 0.0, 18.0), " [iris]")]
    first, second = _groups(Findings(rows=[*digits, *wine, *rest], metric="test_loss"))
    assert [len(group.rows) for group in (first, second)] == [8, 4]
    assert first.rows[0][1] == second.rows[0][1]
    assert first.axis != second.axis


def test_findings_without_differences_have_no_axis():
    (group,) = _groups(Findings(rows=[Finding("a", "", "90%")]))
    assert group.axis == ""
