"""The files, figures and captions that the documents name exist."""

import ast
import re

import pytest

import runner
from runner.reporting.sentences.captions import CAPTIONS
from runner.reporting.sentences.figure_captions import OWN_CAPTIONS
from tests.imports import REPOSITORY

PAGES = [REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md")] + sorted((REPOSITORY / "docs").glob("*.md"))
OF_EVERY_RUN = {"accuracy", "loss", "negative_log_likelihood"}  # named in a loop over the metrics


def named_in(path):
    """Return the names of the figures that a module yields or lists: the first text of each pair."""
    tuples = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Tuple) and node.elts)
    firsts = [node.elts[0] for node in tuples if len(node.elts) == 2 and isinstance(node.elts[1], ast.Call)]
    return {first.value for first in firsts if isinstance(first, ast.Constant) and isinstance(first.value, str)}


def test_every_figure_of_a_report_has_a_caption_and_is_in_the_docs():
    reporting = REPOSITORY / "runner/reporting"
    yielding = ("report_figures.py", "axis_figures.py", "tuning/tuning_figures.py")
    drawn = set[str]().union(*(named_in(reporting / name) for name in yielding)) | OF_EVERY_RUN
    assert len(drawn) > 10
    text = (REPOSITORY / "docs/report.md").read_text().partition("**Figures**")[2].partition("**index.html**")[0]
    missing = sorted(stem for stem in drawn if f"`{stem}`" not in text)
    assert not missing, f"{', '.join(missing)}: drawn in a report, and not among the figures in docs/report.md"
    assert drawn == {*CAPTIONS, *OWN_CAPTIONS}, "captions.py does not name the figures that are drawn"


def test_every_other_figure_is_named_in_the_readme_or_the_docs():
    sources = (REPOSITORY / "runner").rglob("*.py")
    drawn = {name for path in sources for name in re.findall(r'"(\w+\.png)"', path.read_text())}
    assert {"augmentation.png", "confusion_matrix.png"} <= drawn
    text = "".join(page.read_text() for page in PAGES)
    missing = sorted(name for name in drawn if f"`{name}`" not in text)
    assert not missing, f"{', '.join(missing)}: drawn, and in no document"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_document_names_is_there(page):
    text = page.read_text()
    paths = re.findall(r"`((?:runner|tests|docs)/[\w/.]+)`", text)
    linked = [link for link in re.findall(r"\]\(([^)#:]+)[^):]*\)", text) if "/" in link or link.endswith(".md")]
    missing = [path for path in paths if not (REPOSITORY / path).exists()]
    missing += [link for link in linked if not (page.parent / link).exists()]
    assert not missing


def test_the_index_lists_every_page():
    listed = re.findall(r"\]\(([\w-]+\.md)\)", (REPOSITORY / "docs/index.md").read_text())
    assert sorted([*listed, "index.md"]) == sorted(page.name for page in (REPOSITORY / "docs").glob("*.md"))


def test_the_reference_lists_every_public_name():
    listed = re.findall(
        r"^\.\. auto\w+:: runner\.(\w+)(?:\(\))?$", (REPOSITORY / "docs/reference.md").read_text(), re.MULTILINE
    )
    assert sorted(listed) == sorted(runner.__all__)
