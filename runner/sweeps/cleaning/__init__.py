"""Cleaning of directories of runs and sweeps: search, needed models, and removal."""
