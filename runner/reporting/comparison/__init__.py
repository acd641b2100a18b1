"""Comparisons of variants: pairs, differences, decisions and ranks."""
