"""Figures: functions from frames to Matplotlib figures."""
