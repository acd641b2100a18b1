"""Tests of differences: p values, their corrections, and equivalence."""
