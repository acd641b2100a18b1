"""Self-contained page of a report (index.html)."""
