"""Formats of which a report consists."""

FORMATS = ("csv", "table", "png", "svg", "pdf", "html")
USUAL_FORMATS = ("csv", "table", "png", "svg", "html")
USUAL_OF_A_RUN = ("csv", "png")
FIGURE_FORMATS = ("png", "svg", "pdf")
