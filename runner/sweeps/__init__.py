"""Sweeps: many runs from one command, with their plan, worker pools, progress, search and resuming."""
