"""Runs of a report: finding, filtering, labelling and grouping them."""
