"""The tour: the notebook runs as it would for a reader, and its committed outputs are up to date."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.imports import REPOSITORY

TOUR = REPOSITORY / "docs" / "tour.ipynb"


def sources(notebook: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def committed() -> nbformat.NotebookNode:
    return nbformat.read(TOUR, as_version=4)


def shown(notebook: nbformat.NotebookNode) -> list[list[str]]:
    """Return the kinds of output of each code cell."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [sorted({kind for output in cell.outputs for kind in output.get("data", ["text"])}) for cell in cells]


def test_every_cell_runs_and_shows_what_the_committed_notebook_shows(processes, committed, tmp_path):
    notebook = nbformat.read(TOUR, as_version=4)
    resources = {"metadata": {"path": str(tmp_path)}}
    executed = NotebookClient(notebook, timeout=120, resources=resources).execute()
    assert shown(executed) == shown(committed)
    assert ["image/png", "text/plain"] in shown(executed)


def test_the_committed_outputs_are_small_and_name_no_place():
    text = TOUR.read_text()
    assert len(text) < 120_000
    assert str(Path.home()) not in text
    assert "/tmp" not in text


def test_the_readme_shows_six_lines_of_it(committed):
    (block,) = [part.split("```")[0] for part in (REPOSITORY / "README.md").read_text().split("```python\n")[1:]]
    code = "\n".join(sources(committed))
    lines = [line for line in block.splitlines() if line.strip()]
    assert len(lines) == 6
    assert [line for line in lines if line not in code] == []
