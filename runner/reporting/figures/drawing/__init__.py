"""Building blocks of figures: canvas, axes, curves, styles, fonts and files."""
