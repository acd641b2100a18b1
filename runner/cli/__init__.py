"""Command line: one file for each family of commands."""
