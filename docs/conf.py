"""Documentation site: the pages of this folder as HTML, written by `make docs`."""

import re
from typing import Any

from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder

from runner import __version__

project = "runner"
version = release = __version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
default_role = "code"  # of single backticks in docstrings
python_maximum_signature_line_length = 80
smartquotes = False  # two hyphens begin a flag
autodoc_member_order = "bysource"

myst_heading_anchors = 4  # named as on code hosts
nb_execution_mode = "off"  # the notebook appears with its committed outputs

html_theme = "furo"
html_title = project
html_copy_source = False
html_show_copyright = False


class Site(StandaloneHTMLBuilder):
    """HTML files, with search results on find.html, because search.html is the page search.md."""

    def handle_page(self, name: str, context: dict[str, Any], template: str = "page.html", **options: Any) -> None:
        """Write a page."""
        super().handle_page("find" if template == "search.html" else name, context, template, **options)


def add_contents(_: Sphinx, page: str, source: list[str]) -> None:
    """Add a table of contents to the index, with its linked pages in their order."""
    if page == "index":
        pages = [f"{title} <{name}>" for title, name in re.findall(r"\[(.+)\]\(([\w-]+)\.\w+\)", source[0])]
        source[0] += "\n".join(["\n```{toctree}", ":hidden:", *pages, "```\n"])


def find_on_own_page(_: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: object) -> None:
    """Send the search box to find.html."""
    path_to = context["pathto"]
    context["pathto"] = lambda name, *options, **more: path_to("find" if name == "search" else name, *options, **more)


def setup(app: Sphinx) -> None:
    """Give Sphinx the builder and the functions above."""
    app.add_builder(Site, override=True)
    app.connect("source-read", add_contents)
    app.connect("html-page-context", find_on_own_page)
