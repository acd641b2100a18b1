"""Sentences of a report: verdicts and captions."""
