"""Runs of a report: found, filtered, labelled and grouped."""
