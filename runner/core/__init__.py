"""Ground floor: errors, text, files, locks and the terminal; knows nothing of runs."""
