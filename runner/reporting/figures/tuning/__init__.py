"""Figures of the tuning of a study."""
