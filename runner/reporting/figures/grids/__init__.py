"""Figures of a metric along the varied keys."""
