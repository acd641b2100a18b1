"""The run directory: its paths, writing it so that no reader sees half a file, and reading it back."""
