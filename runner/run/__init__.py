"""One training, from the request to the run directory."""
