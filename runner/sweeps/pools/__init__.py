"""Pools of workers that compute a sweep."""
