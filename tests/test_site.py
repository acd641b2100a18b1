"""The built documentation site is complete, has no broken links, and is readable without a network."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.imports import REPOSITORY

pytest.importorskip("myst_nb", reason="the dependency group `docs` is not installed")
DOCS = REPOSITORY / "docs"


class Page(HTMLParser):
    """Anchors of a page, its links, and the files that a browser loads with it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors.add(values.get("id", ""))
        place = values.get("href") or values.get("src")
        if place:
            (self.links if tag == "a" else self.loaded).append(unquote(place))


@pytest.fixture(scope="module")
def site(shell, tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("site")
    recipe = re.search(r"-m sphinx .+", (REPOSITORY / "Makefile").read_text())
    done = shell(f"python {recipe[0].replace(' site ', f' {place} ')}", cwd=REPOSITORY)
    assert done.returncode == 0, done.stderr
    return place / "html"


@pytest.fixture(scope="module")
def pages(site) -> dict[str, Page]:
    return {path.name: Page(path.read_text()) for path in site.glob("*.html")}


def test_every_page_of_the_docs_is_on_the_site_in_the_order_of_the_index(pages):
    listed = re.findall(r"\]\(([\w-]+)\.(?:md|ipynb)\)", (DOCS / "index.md").read_text())
    assert {*listed} == {path.stem for path in DOCS.iterdir() if path.suffix in (".md", ".ipynb")} - {"index"}
    navigation = [link for link in pages["index.html"].links if link.removesuffix(".html") in listed]
    assert navigation[: len(listed)] == [f"{name}.html" for name in listed]


def broken(name: str, pages: dict[str, Page], site: Path) -> Iterator[str]:
    for link in {*pages[name].links, *pages[name].loaded}:
        path, _, anchor = link.partition("#")
        place = path.partition("?")[0] or name
        missing = place in pages and anchor not in {"", *pages[place].anchors}
        if not re.match(r"\w+:", link) and (missing or not (site / place).is_file()):
            yield f"{name}: {link}"


def test_every_link_and_anchor_leads_somewhere(pages, site):
    assert "studies.html#planned-looks" in pages["report.html"].links
    assert not [link for name in pages for link in broken(name, pages, site)]


def test_no_page_loads_anything_from_elsewhere(pages, site):
    loaded = {place for page in pages.values() for place in page.loaded}
    assert len(loaded) > 5
    assert not [place for place in loaded if re.match(r"(\w+:)?//", place)]
    styles = "".join(path.read_text() for path in site.rglob("*.css"))
    assert not re.findall(r"(?:@import|url\()\s*[\"']?(?:\w+:)?//", styles)


def test_the_search_box_leads_to_the_results_and_the_page_on_searching_stays(pages, site):
    assert "search-results" in pages["find.html"].anchors
    assert "search-results" not in pages["search.html"].anchors
    assert 'action="find.html"' in (site / "index.html").read_text()


def test_the_reference_shows_docstrings_with_their_examples(site):
    text = re.sub(r"<[^>]+>", "", (site / "reference.html").read_text())
    assert "Train every combination of the given values" in text
    assert "results.variants" in text
