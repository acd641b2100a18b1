"""Figures of the tuning."""
