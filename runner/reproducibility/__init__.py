"""Reproduction of recorded runs, and verification of published results."""
