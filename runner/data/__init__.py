"""Data sets as NumPy arrays: sources, fingerprints, splits, preprocessing."""
