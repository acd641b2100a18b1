"""Tests, intervals, ties and attainable significance."""
