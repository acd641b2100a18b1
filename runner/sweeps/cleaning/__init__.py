"""Cleaning of directories of runs and sweeps: what may go, what is needed, and its removal."""
